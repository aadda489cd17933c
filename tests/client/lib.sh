# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
# Sourced by the client tests: TAP output, and a private sshd on loopback with
# throw-away accounts.  Only for root: sshd must change its user.
#
#	client_begin [PROGRAM ...]	or leave with "1..0 # SKIP reason"
#	account NAME SHELL HOME		ACCOUNT_NAME gets the real name
#	sshd_match NAME LINE ...	what sshd is to do with that account
#	sshd_start			client side: host NAME in $TEMP/ssh_config
#	share NAME			one login for all that follows
#	begin TEXT; ...checks...; finish	one test
#
# From the environment: SCP_SERVER, the program under test; for accounts that
# have it as their login shell SCP_SERVER_INSTALLED, the same program at the
# path it was configured for, or BUILDDIR, where SCP_SERVER was built.

TESTS=0
BAD=0
ACCOUNTS=
SHARED=
SSHD_PID=
SYSLOG_PID=
MOUNTED=
JAIL=
TEMP=

skip_all() {
	echo "1..0 # SKIP $*"
	exit 77
}

sshd_stop() {
	[ -n "$SSHD_PID" ] || return 0
	kill "$SSHD_PID" 2>/dev/null
	wait "$SSHD_PID" 2>/dev/null
	SSHD_PID=
}

# Everything that client_begin and its followers made, whatever happened.
client_end() {
	trap '' HUP INT TERM PIPE
	cd /
	for end_account in $SHARED; do
		unshare "$end_account"
	done
	sshd_stop
	for end_account in $ACCOUNTS; do
		end_uid=$(id -u "$end_account" 2>/dev/null) || continue
		for end_pid in $(account_processes "$end_uid"); do
			kill -KILL "$end_pid" 2>/dev/null
		done
		within 5 userdel "$end_account" >/dev/null 2>&1 ||
			echo "# cannot remove account $end_account" >&2
	done
	if [ -n "$SYSLOG_PID" ]; then
		kill "$SYSLOG_PID" 2>/dev/null
		wait "$SYSLOG_PID" 2>/dev/null
		[ "$(stat -c %i /dev/log 2>/dev/null)" != "$SYSLOG_INODE" ] ||
			rm -f /dev/log
	fi
	[ -z "$MOUNTED" ] || umount "$MOUNTED"
	[ -z "$JAIL" ] || rm -rf "$JAIL"
	[ -z "$TEMP" ] || rm -rf "$TEMP"
}

account_processes() {
	grep -ls "^Uid:[[:blank:]]*$1[[:blank:]]" /proc/[0-9]*/status |
		sed 's,^/proc/\([0-9]*\)/status$,\1,'
}

client_begin() {
	[ "$(id -u)" = 0 ] || skip_all "only root can run sshd with accounts"
	PATH=$PATH:/usr/sbin:/sbin
	for begin_program in sshd ssh scp sftp ssh-keygen perl timeout \
	    useradd userdel runuser "$@"; do
		command -v "$begin_program" >/dev/null 2>&1 ||
			skip_all "$begin_program is not installed"
	done
	SSHD=$(command -v sshd)
	[ -n "${SCP_SERVER-}" ] || skip_all "SCP_SERVER is not set"
	[ -x "$SCP_SERVER" ] || skip_all "$SCP_SERVER is no program"

	umask 022
	unset SSH_AUTH_SOCK SSH_ORIGINAL_COMMAND SSH_CONNECTION MAKEFLAGS
	trap client_end EXIT
	trap 'exit 1' HUP INT TERM PIPE
	TEMP=$(mktemp -d "${TMPDIR:-/tmp}/scp-server.XXXXXXXXXX") || exit 1
	# The accounts must get at their directories.
	chmod 0755 "$TEMP"
	runuser -u nobody -- test -x "$TEMP" ||
		skip_all "$TEMP is out of the reach of other users"
	mkdir "$TEMP/bin" "$TEMP/keys" "$TEMP/local" "$TEMP/srv" || exit 1
	# Copied, because a build tree may be closed to other users.
	install -m 0755 "$SCP_SERVER" "$TEMP/bin/scp-server" || exit 1
	PROGRAM=$TEMP/bin/scp-server
	LOCAL=$TEMP/local
	SRV=$TEMP/srv
	: >"$TEMP/matches"
	: >"$TEMP/hosts"
	for begin_key in host client; do
		ssh-keygen -q -t ed25519 -N '' -C "$begin_key" \
			-f "$TEMP/$begin_key" || exit 1
	done
}

# The program as a login shell has to know the path it is installed at.  Sets
# INSTALLED to one that does, or NOT_INSTALLED to why there is none.
find_installed() {
	INSTALLED=${SCP_SERVER_INSTALLED-}
	NOT_INSTALLED=
	[ -n "$INSTALLED" ] || build_installed
	if [ -n "$INSTALLED" ] &&
	    ! runuser -u nobody -- test -x "$INSTALLED"; then
		NOT_INSTALLED="$INSTALLED is out of the reach of other users"
		INSTALLED=
	fi
}

# build_for LIBEXECDIR SYSCONFDIR PROGRAM: compile once more what names these
# directories, in a copy of the build tree, which may be the source tree too.
build_for() {
	mkdir "$TEMP/build"
	for build_file in "$BUILDDIR"/*; do
		case $build_file in
		*/src|*/build-aux) ;;
		*) [ -f "$build_file" ] || continue ;;
		esac
		cp -Rp "$build_file" "$TEMP/build"
	done
	rm -f "$TEMP/build/src/main.o" "$TEMP/build/src/query.o"
	build_variables=
	# Configured as ../configure: a path that leads elsewhere from the copy.
	build_source=$(sed -n 's/^srcdir = \(\.\..*\)/\1/p' "$BUILDDIR/Makefile")
	if [ -n "$build_source" ]; then
		build_real=$(cd "$BUILDDIR/$build_source" && pwd)
		find "$TEMP/build" -name '*.Po' -exec sed -i \
			"s,\(^\| \)$build_source/,\1$build_real/,g" {} +
		build_variables="srcdir=$build_real top_srcdir=$build_real
		    VPATH=$build_real"
	fi
	# shellcheck disable=SC2086
	make -C "$TEMP/build" libexecdir="$1" sysconfdir="$2" \
	    $build_variables scp-server >"$TEMP/build.log" 2>&1 &&
		install -D -m 0755 "$TEMP/build/scp-server" "$3"
	build_status=$?
	[ $build_status -eq 0 ] || tail -n 5 "$TEMP/build.log" | sed 's/^/# /'
	rm -rf "$TEMP/build"
	return $build_status
}

build_installed() {
	if [ ! -e "${BUILDDIR:-/}/config.status" ]; then
		NOT_INSTALLED="neither SCP_SERVER_INSTALLED nor BUILDDIR is set"
	elif build_for "$TEMP/installed/bin" "$TEMP/installed" \
	    "$TEMP/installed/bin/scp-server"; then
		INSTALLED=$TEMP/installed/bin/scp-server
		install -D -m 0644 /dev/null \
			"$TEMP/installed/scp-server/scp-server.conf" || exit 1
	else
		NOT_INSTALLED="make libexecdir=... failed"
	fi
}

account() {
	ACCOUNT_NAME=scpt-$$-$1
	useradd --system --user-group --no-create-home --password '*' \
		--comment 'scp-server test' --home-dir "$3" --shell "$2" \
		"$ACCOUNT_NAME" >"$TEMP/useradd.log" 2>&1 || {
		cat "$TEMP/useradd.log" >&2
		exit 1
	}
	ACCOUNTS="$ACCOUNTS $ACCOUNT_NAME"
	[ -d "$3" ] || install -d -m 0755 -o "$ACCOUNT_NAME" "$3" || exit 1
	cp "$TEMP/client.pub" "$TEMP/keys/$ACCOUNT_NAME"
	printf 'Host %s\n\tUser %s\n' "$1" "$ACCOUNT_NAME" >>"$TEMP/hosts"
}

sshd_match() {
	printf 'Match User scpt-%s-%s\n' $$ "$1" >>"$TEMP/matches"
	shift
	printf '\t%s\n' "$@" >>"$TEMP/matches"
}

# StrictModes no: a directory below /tmp can never satisfy it.
sshd_config() {
	cat <<-EOT
	ListenAddress 127.0.0.1
	Port $PORT
	HostKey $TEMP/host
	PidFile none
	LogLevel VERBOSE
	MaxStartups 100
	UseDNS no
	UsePAM ${USE_PAM:-no}
	StrictModes no
	AuthorizedKeysFile $TEMP/keys/%u
	AuthenticationMethods publickey
	AllowUsers$ACCOUNTS
	DisableForwarding yes
	PermitTTY no
	PermitUserRC no
	PermitUserEnvironment ${USER_ENVIRONMENT:-no}
	${SUBSYSTEM-Subsystem sftp internal-sftp}
	EOT
	# More for all accounts.
	[ ! -e "$TEMP/sshd_extra" ] || cat "$TEMP/sshd_extra"
	cat "$TEMP/matches"
}

free_port() {
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1,
	    LocalAddr => "127.0.0.1")->sockport'
}

sshd_listens() {
	grep -q "^Server listening on 127.0.0.1 port $PORT" "$TEMP/sshd.log"
}

sshd_has_begun() {
	sshd_listens || ! kill -0 "$SSHD_PID" 2>/dev/null
}

sshd_start() {
	# Where Debian's sshd keeps its unprivileged half.
	[ -d /run/sshd ] || mkdir -m 0755 /run/sshd
	for start_try in 1 2 3 4 5; do
		PORT=$(free_port)
		sshd_config >"$TEMP/sshd_config"
		"$SSHD" -t -f "$TEMP/sshd_config" || exit 1
		: >"$TEMP/sshd.log"
		"$SSHD" -D -f "$TEMP/sshd_config" -E "$TEMP/sshd.log" &
		SSHD_PID=$!
		within 10 sshd_has_begun
		sshd_listens && break
		sshd_stop
	done
	if [ -z "$SSHD_PID" ]; then
		echo "Bail out! sshd does not start"
		sed 's/^/# /' "$TEMP/sshd.log"
		exit 1
	fi
	printf '[127.0.0.1]:%s %s\n' "$PORT" "$(cat "$TEMP/host.pub")" \
		>"$TEMP/known_hosts"
	cat "$TEMP/hosts" - >"$TEMP/ssh_config" <<-EOT
	Host *
		HostName 127.0.0.1
		Port $PORT
		IdentityFile $TEMP/client
		IdentitiesOnly yes
		Ciphers ^aes128-gcm@openssh.com
		UserKnownHostsFile $TEMP/known_hosts
		GlobalKnownHostsFile /dev/null
		BatchMode yes
		LogLevel ERROR
		ControlPath $TEMP/shared-%r
	EOT
}

# share NAME: one connection, which all later ssh and scp to that account use;
# -o ControlPath=none has one of its own
share() {
	ssh -f -N -M -F "$TEMP/ssh_config" "$1" || exit 1
	SHARED="$SHARED $1"
}

unshare() {
	ssh -O exit -F "$TEMP/ssh_config" "$1" 2>/dev/null
}

# What the accounts log goes to $TEMP/syslog, or SYSLOG_PID stays empty because
# the system has a syslog daemon of its own.
syslog_start() {
	[ ! -e /dev/log ] && [ ! -L /dev/log ] || return 0
	perl -MIO::Socket::UNIX -MIO::Handle -e '
		my $in = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
		    Local => "/dev/log") or die "/dev/log: $!";
		chmod 0666, "/dev/log";
		open my $out, ">", $ARGV[0] or die "$ARGV[0]: $!";
		$out->autoflush(1);
		while (defined $in->recv(my $line, 8192)) {
			$line =~ s/^<\d+>//;
			$line =~ s/\n?\z/\n/;
			print $out $line;
		}' "$TEMP/syslog" &
	SYSLOG_PID=$!
	within 5 test -e "$TEMP/syslog"
	SYSLOG_INODE=$(stat -c %i /dev/log)
}

begin() {
	TEST=$1
	WRONG=
	: >"$TEMP/out"
	: >"$TEMP/err"
}

wrong() {
	WRONG="$WRONG$*
"
}

finish() {
	TESTS=$((TESTS + 1))
	if [ -z "$WRONG" ]; then
		echo "ok $TESTS - $TEST"
		return
	fi
	BAD=$((BAD + 1))
	echo "not ok $TESTS - $TEST"
	printf '%s' "$WRONG" | sed 's/^/# /'
	echo "# exit status ${STATUS-}, stdout and stderr:"
	head -n 10 "$TEMP/out" | cat -v | sed 's/^/# > /'
	head -n 10 "$TEMP/err" | cat -v | sed 's/^/# 2> /'
}

skip() {
	TESTS=$((TESTS + 1))
	echo "ok $TESTS - $1 # SKIP $2"
}

# The plan comes last.
tests_done() {
	echo "1..$TESTS"
	[ $BAD -eq 0 ]
	exit
}

# Every program that talks to the server has a time limit (seconds).
LIMIT=60
run() {
	timeout "$LIMIT" "$@" >"$TEMP/out" 2>"$TEMP/err" </dev/null
	STATUS=$?
	[ $STATUS -ne 124 ] || wrong "stopped after $LIMIT s: $*"
}

copy() {
	run scp -O -F "$TEMP/ssh_config" "$@"
}

# within SECONDS COMMAND ...: wait until it holds; false if it does not
within() {
	within_left=$(($1 * 10))
	shift
	until "$@"; do
		within_left=$((within_left - 1))
		[ $within_left -gt 0 ] || return 1
		sleep 0.1
	done
}

# The checks.  Each adds to WRONG.
status() {
	[ "$STATUS" -eq "$1" ] || wrong "exit status $STATUS, not $1"
}

same() {
	cmp -s "$1" "$2" || wrong "$2 is not as $1"
}

same_tree() {
	diff -r "$1" "$2" >"$TEMP/diff" 2>&1 ||
		wrong "$2 is not as $1: $(head -n 3 "$TEMP/diff")"
}

absent() {
	for absent_name; do
		if [ -e "$absent_name" ] || [ -L "$absent_name" ]; then
			wrong "$absent_name exists"
		fi
	done
}

mode_is() {
	[ "$(stat -c %a "$2")" = "$1" ] ||
		wrong "$2 has mode $(stat -c %a "$2"), not $1"
}

# Names, modes and times of a tree must be those of another.
same_attributes() {
	for same_dir in "$1" "$2"; do
		(cd "$same_dir" && find . -exec stat -c '%n %a %Y' {} + | sort)
	done | sort | uniq -u >"$TEMP/diff"
	[ ! -s "$TEMP/diff" ] ||
		wrong "$2 differs from $1: $(head -n 4 "$TEMP/diff")"
}

# A line of standard error, whole.
says() {
	grep -Fxq -- "$1" "$TEMP/err" || wrong "did not say: $1"
}

says_like() {
	grep -Eq -- "$1" "$TEMP/err" || wrong "did not say anything like: $1"
}

silent() {
	[ ! -s "$TEMP/out" ] || wrong "wrote to standard output"
}

lines() {
	lines_n=$(wc -l <"$TEMP/err")
	[ "$lines_n" -eq "$1" ] || wrong "$lines_n lines of message, not $1"
}
