#!/bin/sh
# Who may call what, by the undefined symbols of each object.  The names are
# those of the source: __printf_chk, open64 and __openat_2 count as plain.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

# A line is: the modules that may, "-" for none, a colon, the functions.
table='
main: exit _Exit quick_exit err errx verr verrx
main confine: _exit
main query foresee show: printf vprintf puts putchar putchar_unlocked stdout
body relay: splice
body: sendfile
-: tee vmsplice
wait log: ppoll
-: poll select pselect
log: socket connect send sendto sendmsg
outside root entry temp: openat openat2
entry: mkdirat
temp version: renameat renameat2 unlinkat linkat
root entry: readlinkat fstatat
entry: faccessat
-: newfstatat statx fchmodat fchownat utimensat
confine-root: chroot unshare fchdir
confine-root confine-privs lull: prctl
confine-rlimit: setrlimit
clock temp entry statx confine-privs confine-landlock confine-seccomp: syscall
confine log: dup2 dup3
-: syslog vsyslog openlog symlink symlinkat mknod mknodat mkfifo mkfifoat
confine: fork
identity: setuid setgid setgroups initgroups
-: seteuid setegid setreuid setregid setresuid setresgid
-: system popen vfork clone execl execle execlp execv execve execvp
-: execvpe fexecve posix_spawn posix_spawnp dlopen ptrace mount setns
'

need nm
library=$BUILDDIR/src/libscp.a
main=$BUILDDIR/src/main.o
for file in "$library" "$main"; do
	[ -f "$file" ] || skip_all "$file is not built"
done

check 'only the owners of a system call import it' "$(
	{
		printf '%s\n' "$table"
		echo 'objects:'
		nm -A -u "$library" "$main"
	} | awk '
	$0 == "objects:" { objects = 1; next }
	!objects && NF {
		split($0, half, ":")
		n = split(half[2], name, " ")
		for (i = 1; i <= n; i++)
			owners[name[i]] = owners[name[i]] " " half[1] " "
		next
	}
	objects && NF {
		module = $0
		sub(/\.o:.*/, "", module)
		sub(/.*[\/:]/, "", module)
		symbol = $NF
		sub(/@.*/, "", symbol)
		if (symbol ~ /^__.*_chk$/ || symbol ~ /^__open.*_2$/) {
			sub(/^__/, "", symbol)
			sub(/_(chk|2)$/, "", symbol)
		}
		sub(/64$/, "", symbol)
		if (symbol in owners && !index(owners[symbol], " " module " "))
			print module ".o imports " $NF ", which is for:" \
			    owners[symbol]
	}' | sort -u
)"
finish
