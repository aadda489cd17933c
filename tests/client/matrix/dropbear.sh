#!/bin/sh
# SPDX-License-Identifier: ISC
# dropbear.sh DIRECTORY: compiles dropbear's scp there, of the source that Debian
# has of it; apt checks its signature.  Nothing of the system is changed.
set -e
mkdir "$1"
cd "$1"
mkdir lists parts
for file in /etc/apt/sources.list.d/*.sources; do
	[ ! -e "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" \
		>"parts/${file##*/}"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ ! -e "$file" ] || sed -n 's/^deb[[:blank:]]/deb-src /p' "$file" \
		>"parts/${file##*/}.list"
done
for words in update "source --download-only dropbear"; do
	# shellcheck disable=SC2086
	timeout 60 apt-get -qq -o Dir::Etc::SourceList=/dev/null \
		-o Dir::Etc::SourceParts="$PWD/parts" \
		-o Dir::State::Lists="$PWD/lists" -o APT::Sandbox::User=root \
		$words
done
rm dropbear_*.asc
tar -xf dropbear_*.orig.tar.*
cd dropbear-*/
# What its configure would find, as far as scp needs it.
: >config.h
cp default_options.h default_options_guard.h
cc -w -I. -Ilibtomcrypt/src/headers -Ilibtommath -D_GNU_SOURCE \
	-DDROPBEAR_SERVER=0 -DDROPBEAR_CLIENT=0 -DBUNDLED_LIBTOM \
	-DHAVE_BASENAME -DHAVE_LIBGEN_H -DHAVE_DAEMON -DHAVE_GETUSERSHELL \
	-DHAVE_UNISTD_H -DHAVE_PATHS_H -DHAVE_EXPLICIT_BZERO \
	-DHAVE_GETADDRINFO -DHAVE_WRITEV -DHAVE_CRYPT -DHAVE_SYS_SELECT_H \
	-DHAVE_SYS_UIO_H -DHAVE_STRUCT_ADDRINFO -DHAVE_STRUCT_IN6_ADDR \
	-DHAVE_STRUCT_SOCKADDR_IN6 -DHAVE_STRUCT_SOCKADDR_STORAGE \
	-DHAVE_STRUCT_SOCKADDR_STORAGE_SS_FAMILY -DHAVE_U_INT8_T \
	-DHAVE_UINT8_T -DHAVE_U_INT16_T -DHAVE_UINT16_T -DHAVE_U_INT32_T \
	-DHAVE_UINT32_T -o ../scp scp.c progressmeter.c atomicio.c scpmisc.c \
	compat.c
