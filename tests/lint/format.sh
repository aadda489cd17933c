#!/bin/sh
# The sources look as .clang-format has it.  Releases of clang-format differ
# in their taste, so only the one that the file was written for decides.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

need clang-format
case $(clang-format --version) in
*' version 14.'*) ;;
*) skip_all "$(clang-format --version) is not release 14" ;;
esac
cd "$SRCDIR" || exit 1
for file in src/*.[ch] tests/*.[ch] tests/*/*.[ch] \
    tests/*/*/*.[ch]; do
	[ ! -f "$file" ] || check "$file" "$(
		clang-format --dry-run -Werror "$file" 2>&1 | grep 'error:')"
done
finish
