#!/bin/sh
# SPDX-License-Identifier: ISC
# Other kernels than the one that runs: each is booted in an emulator, with and
# without Landlock and user namespaces; there the program uploads a file, tells
# which layers it has, and the witnesses of tests/confine run.
#
#	make kernels KERNELS='FILE...' STATIC_SERVER=FILE
#
# A FILE is a kernel, or a Debian package that holds one, as
# "apt-get download linux-image-cloud-amd64" (rather what that depends on) gets
# it; as it is, /boot is looked through.  Needs qemu-system-x86, busybox-static
# and cpio, and a minute for each kernel and each of its five boots, at most.
# Prints TAP.
set -u
: "${BUILDDIR:=$PWD}" "${SCP_SERVER:=$BUILDDIR/scp-server}"
: "${STATIC_SERVER:=}" "${KERNELS:=$(ls /boot/vmlinuz-* 2>/dev/null)}"
# What needs all layers; and what holds whichever there are.
witnesses='tests/confine/test_filter tests/confine/test_layers
tests/confine/test_inside tests/confine/test_session'
boxes='tests/sys/test_early tests/sys/test_pipelining'

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}
[ -n "$KERNELS" ] || skip_all 'no kernel: KERNELS names none'
for program in qemu-system-x86_64 busybox cpio setpriv; do
	command -v "$program" >/dev/null 2>&1 || skip_all "no $program"
done

temp=$(mktemp -d "${TMPDIR:-/tmp}/scp-server-kernels.XXXXXX") || exit 1
trap 'rm -rf "$temp"' EXIT
trap 'exit 1' HUP INT TERM
root=$temp/root

# install_program FILE AS: and what it is linked with
install_program() {
	cp "$1" "$root/$2" || exit 1
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$root${library%/*}"
		cp -nL "$library" "$root$library"
	done
}

make_init() {
	cat >"$root/init" <<'EOT'
#!/bin/busybox sh
export PATH=/bin TMPDIR=/tmp SCRATCH=/tmp/scratch
/bin/busybox mkdir -p /bin /proc /sys /dev /tmp /srv
/bin/busybox --install -s /bin
mount -t proc none /proc; mount -t sysfs none /sys
mount -t devtmpfs none /dev 2>/dev/null
mount -t tmpfs -o mode=1777 none /tmp; mkdir -m 1777 /tmp/scratch
mount -t tmpfs -o mode=755 none /srv; chown nobody /srv

say() { echo "@$*"; }

# upload PROGRAM USER [COMMAND...]
upload() {
	program=$1 user=$2
	shift 2
	rm -f /srv/f
	printf 'C0644 3 f\nhi\n\0' | "$@" "$program" -e -C none -r /srv \
	    scp -t f >/dev/null 2>/tmp/err
	layers=$(sed -n 's/.*\(confine=\)/\1/p' /tmp/err)
	[ "$(cat /srv/f 2>/dev/null)" = hi ] ||
		layers="refused: $(head -n 1 /tmp/err)"
	say "upload ${program#/} $user $layers"
}

# run PROGRAM TEST...
run() {
	export SCP_SERVER=$1
	shift
	for test; do
		"$test" >/tmp/tap 2>&1
		status=$?
		grep '^not ok' /tmp/tap | cut -c 1-300
		say "test ${test##*/} ${SCP_SERVER#/} $(grep -c '^ok' /tmp/tap) \
$(grep -c '^not ok' /tmp/tap) $status"
	done
}

echo # whatever firmware has left on the line
say "release $(uname -r)"
[ ! -e /proc/sys/kernel/unprivileged_userns_clone ] || say switch
for server in /scp-server /scp-server.static; do
	[ -x $server ] || continue
	upload $server account /setpriv --reuid=65534 --regid=65534 \
		--clear-groups
	upload $server root
	! grep -q boxes /proc/cmdline || run $server /boxes/*
done
grep -q witnesses /proc/cmdline && run /scp-server /tests/*
say end
poweroff -f
EOT
	chmod 755 "$root/init"
}

mkdir -p "$root/bin" "$root/etc" "$root/tests" "$root/boxes"
make_init
cp "$(command -v busybox)" "$root/bin/busybox" || exit 1
install_program "$(command -v setpriv)" setpriv
grep -E '^(root|daemon|nobody):' /etc/passwd >"$root/etc/passwd"
grep -E '^(root|daemon|nogroup):' /etc/group >"$root/etc/group"
install_program "$SCP_SERVER" scp-server
[ ! -x "$STATIC_SERVER" ] ||
	install_program "$STATIC_SERVER" scp-server.static
for test in $witnesses; do
	install_program "$BUILDDIR/$test" "tests/${test##*/}"
done
for test in $boxes; do
	install_program "$BUILDDIR/$test" "boxes/${test##*/}"
done
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) \
	>"$temp/initramfs" || exit 1

points=0
point() {
	points=$((points + 1))
	echo "$1 $points - $2"
}

# report TITLE ACCOUNT ROOT: what the log says; the layers match the patterns
report() {
	grep -q '^@end' "$temp/log" ||
		point 'not ok' "$1: no end: $(tail -n 1 "$temp/log")"
	while read -r kind a b c; do
		ok=ok
		case $kind in
		@release) echo "# Linux $a, $1" ;;
		@upload)
			[ "$b" = account ] && want=$2 || want=$3
			# shellcheck disable=SC2254
			case $c in $want) ;; *) ok='not ok' ;; esac
			point "$ok" "$1: $a, $b: $c"
			;;
		@test)
			[ "${c#* }" = '0 0' ] || ok='not ok'
			point "$ok" "$1: $a, $b: ${c%% *} points hold"
			;;
		not) echo "# $kind $a $b $c" ;;
		esac
	done <"$temp/log"
}

# boot PARAMETERS
boot() {
	timeout 900 qemu-system-x86_64 -nographic -no-reboot -m 1024 -cpu max \
	    -kernel "$kernel" -initrd "$temp/initramfs" \
	    -append "console=ttyS0 quiet panic=-1 $1" </dev/null 2>&1 |
	    tr -d '\r' >"$temp/log"
}

no_landlock=lsm=lockdown,yama
no_userns=sysctl.user.max_user_namespaces=0
# As Debian once had it, and still can.
not_for_users=sysctl.kernel.unprivileged_userns_clone=0
for kernel in $KERNELS; do
	case $kernel in
	*.deb)
		dpkg-deb -x "$kernel" "$temp/package" || exit 1
		kernel=$temp/kernel
		mv "$temp"/package/boot/vmlinuz-* "$kernel" || exit 1
		rm -r "$temp/package"
		;;
	esac
	boot 'boxes witnesses'
	report all 'confine=userns,landlock*,seccomp' \
		'confine=chroot,landlock*,seccomp'
	boot "boxes $no_landlock"
	report 'no Landlock' 'confine=userns,seccomp; no Landlock: *' \
		'confine=chroot,seccomp; no Landlock: *'
	boot "boxes $no_userns"
	report 'no user namespaces' \
		'confine=landlock*,seccomp; no chroot: *' \
		'confine=chroot,landlock*,seccomp'
	boot "$no_landlock $no_userns"
	report neither 'refused: *neither chroot nor Landlock holds*' \
		'confine=chroot,seccomp; no Landlock: *'
	boot "$not_for_users"
	grep -q '^@switch' "$temp/log" || continue
	report 'user namespaces for root alone' \
		'confine=landlock*,seccomp; no chroot: *not permitted' \
		'confine=chroot,landlock*,seccomp'
done
echo "1..$points"
