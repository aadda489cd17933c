/* SPDX-License-Identifier: ISC */
/* What sshd exposes of the authentication, and what is only made up. */
#include "config.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authinfo.h"
#include "tap.h"

/*
 * Keys and certificates made by ssh-keygen, fingerprints as it prints them;
 * those of security keys were put together, and their certificates are not
 * signed.
 */
static const struct {
	const char *line;
	const char *key;
} key_rows[] = {
	{ "ssh-ed25519 "
	  "AAAAC3NzaC1lZDI1NTE5AAAAIBc+gTRi+ABCLHg3rwCqOQoAsA/yq7apw77N"
	  "zUrPV7pF",
	    "SHA256:xEunyoK0bm92HKW27kVNh9xDJFAtzHz63EZpsIqnDOQ" },
	{ "ssh-ed25519-cert-v01@openssh.com "
	  "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAID7BAUY1"
	  "EaU2qnbEuGTfRJaruwVzGQk3m7/GbNznu5tUAAAAIBc+gTRi+ABCLHg3rwCq"
	  "OQoAsA/yq7apw77NzUrPV7pFAAAAAAAAAAAAAAABAAAAAmlkAAAABQAAAAF4"
	  "AAAAAAAAAAD//////////wAAAAAAAACCAAAAFXBlcm1pdC1YMTEtZm9yd2Fy"
	  "ZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRpbmcAAAAAAAAAFnBl"
	  "cm1pdC1wb3J0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1pdC1wdHkAAAAAAAAA"
	  "DnBlcm1pdC11c2VyLXJjAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAA"
	  "IFD8hZPDup55plP3f0RvegBtkOwzmVNRMJZYkQcG693pAAAAUwAAAAtzc2gt"
	  "ZWQyNTUxOQAAAEBzK9j9OlwM2NAvXsPPERoio12qorEMOStJs2ne+Bamhy4W"
	  "LZAbK4Ih+mkZhCeNsJgjJrYQyleIhGk+/kmny2cN",
	    "SHA256:xEunyoK0bm92HKW27kVNh9xDJFAtzHz63EZpsIqnDOQ" },
	{ "ecdsa-sha2-nistp256 "
	  "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOVSSlkH"
	  "77sbYqq9Tz54NVNj9g3iGB5q1svEhfmTz8Fg3MlUYKm5sZ40VS50F4azy7an"
	  "O7B3tQ5vOa6b6lMOt0c=",
	    "SHA256:ASNCcg2qlUOEf4B730rTqTbzivxYlEABqM6VJm5wGyc" },
	{ "ecdsa-sha2-nistp256-cert-v01@openssh.com "
	  "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20A"
	  "AAAgwDxOUVUngUljSVLVtZxN0fRuXqUfqVQ/aWWluAybzJkAAAAIbmlzdHAy"
	  "NTYAAABBBOVSSlkH77sbYqq9Tz54NVNj9g3iGB5q1svEhfmTz8Fg3MlUYKm5"
	  "sZ40VS50F4azy7anO7B3tQ5vOa6b6lMOt0cAAAAAAAAAAAAAAAEAAAACaWQA"
	  "AAAFAAAAAXgAAAAAAAAAAP//////////AAAAAAAAAIIAAAAVcGVybWl0LVgx"
	  "MS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQtYWdlbnQtZm9yd2FyZGluZwAA"
	  "AAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAAAAAAAKcGVybWl0LXB0"
	  "eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMAAAALc3NoLWVk"
	  "MjU1MTkAAAAgUPyFk8O6nnmmU/d/RG96AG2Q7DOZU1EwlliRBwbr3ekAAABT"
	  "AAAAC3NzaC1lZDI1NTE5AAAAQI2rETQHxe03lxN2LAxcDmwYf/+QYew+GnMD"
	  "8xWb9vNaQ5TR3ZqRGwmVX7JXWODVQlHuxFfv0X+3+CEfqH/7BA4=",
	    "SHA256:ASNCcg2qlUOEf4B730rTqTbzivxYlEABqM6VJm5wGyc" },
	{ "ecdsa-sha2-nistp384 "
	  "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBI5z7UEi"
	  "ci6XqMHXs+cJsRmwm+XANnex7tvdG3GKGQEVftWo7bJ3jUeHLYOAgtvn2FCI"
	  "vUI2PWBh3/5ejwpNTlrrrMqV1YHMkoh5VamVCwGkFeUhQzl+Hahb5NM5I7ET"
	  "xw==",
	    "SHA256:yrwtQtAlo2hRA0zeqE24fCeBeQMuDBtEx93cdKPXxwo" },
	{ "ecdsa-sha2-nistp384-cert-v01@openssh.com "
	  "AAAAKGVjZHNhLXNoYTItbmlzdHAzODQtY2VydC12MDFAb3BlbnNzaC5jb20A"
	  "AAAgtl6CyGOiCvdMidyX25lvkMroHVEP+ourzcQ6a1L0qNkAAAAIbmlzdHAz"
	  "ODQAAABhBI5z7UEici6XqMHXs+cJsRmwm+XANnex7tvdG3GKGQEVftWo7bJ3"
	  "jUeHLYOAgtvn2FCIvUI2PWBh3/5ejwpNTlrrrMqV1YHMkoh5VamVCwGkFeUh"
	  "Qzl+Hahb5NM5I7ETxwAAAAAAAAAAAAAAAQAAAAJpZAAAAAUAAAABeAAAAAAA"
	  "AAAA//////////8AAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcA"
	  "AAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQt"
	  "cG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJt"
	  "aXQtdXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACBQ/IWT"
	  "w7qeeaZT939Eb3oAbZDsM5lTUTCWWJEHBuvd6QAAAFMAAAALc3NoLWVkMjU1"
	  "MTkAAABAMSctDJ3Ly7IQU4eFYRIqMX4d8giF3uy/AmKuGeVDFzkEQ/31khQ6"
	  "/85A8HhA3nV/ut7t680YcQO9GjHe1l5ZCA==",
	    "SHA256:yrwtQtAlo2hRA0zeqE24fCeBeQMuDBtEx93cdKPXxwo" },
	{ "ecdsa-sha2-nistp521 "
	  "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAB289E0"
	  "eE9qBnMwNUf7zRjGGKb8MRI9fja0YqSsqv+mau8HBsumXMYrKtZYX6xIcP/I"
	  "vhum3EnYuC+03P6i3jD3NQGA46EwdY7H50hSJ4egDc25wN2w5jqtK3MrmjKv"
	  "G/u27nTs21aHKVN6GGvGt4qoW4UHe1zIlrrSCn1Y+yDPhCIpZQ==",
	    "SHA256:rx/CGg+ymYAshlto+ttbknezpW2K9g1gHg428HlAJBA" },
	{ "ecdsa-sha2-nistp521-cert-v01@openssh.com "
	  "AAAAKGVjZHNhLXNoYTItbmlzdHA1MjEtY2VydC12MDFAb3BlbnNzaC5jb20A"
	  "AAAgV0N7H27UoaBFoLF3K0W0aJr0O1vAGcW67LknoA3YVgsAAAAIbmlzdHA1"
	  "MjEAAACFBAB289E0eE9qBnMwNUf7zRjGGKb8MRI9fja0YqSsqv+mau8HBsum"
	  "XMYrKtZYX6xIcP/Ivhum3EnYuC+03P6i3jD3NQGA46EwdY7H50hSJ4egDc25"
	  "wN2w5jqtK3MrmjKvG/u27nTs21aHKVN6GGvGt4qoW4UHe1zIlrrSCn1Y+yDP"
	  "hCIpZQAAAAAAAAAAAAAAAQAAAAJpZAAAAAUAAAABeAAAAAAAAAAA////////"
	  "//8AAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Bl"
	  "cm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQtcG9ydC1mb3J3"
	  "YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1y"
	  "YwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACBQ/IWTw7qeeaZT939E"
	  "b3oAbZDsM5lTUTCWWJEHBuvd6QAAAFMAAAALc3NoLWVkMjU1MTkAAABACJqc"
	  "UBHlxQ9RUtAW1SJ4xPmQVjSfJWJeLYhKMcn6cCTawk0Mp0Z/pODh/mbETZVq"
	  "b+ux35jJhLDHhAl1XDniDw==",
	    "SHA256:rx/CGg+ymYAshlto+ttbknezpW2K9g1gHg428HlAJBA" },
	{ "ssh-rsa "
	  "AAAAB3NzaC1yc2EAAAADAQABAAAAgQD04C83ouX0Ap+Q2g4IOU8/wxxHEBVA"
	  "/sCijsBmezehJ5NiCGK8s45z4iiZ7zRp/MsgyJ5PTp/aZoh/+LcYLsDQkh44"
	  "5o9M8p1gdMOpYcXY2HqvEgCNmFTtg4xjQ3zP6kycxmkc7msYnNIclyteKdva"
	  "e2LMYqIp1h7Vv2IDydFc9Q==",
	    "SHA256:bNCRRIXKVIvkDYdbwOqRugVVsbJiAKMwyXBf60MG/kk" },
	{ "ssh-rsa-cert-v01@openssh.com "
	  "AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgvl5LR46BR7mP"
	  "H1yKCpwW0d8D4cCUDDOZ/pK672+VomUAAAADAQABAAAAgQD04C83ouX0Ap+Q"
	  "2g4IOU8/wxxHEBVA/sCijsBmezehJ5NiCGK8s45z4iiZ7zRp/MsgyJ5PTp/a"
	  "Zoh/+LcYLsDQkh445o9M8p1gdMOpYcXY2HqvEgCNmFTtg4xjQ3zP6kycxmkc"
	  "7msYnNIclyteKdvae2LMYqIp1h7Vv2IDydFc9QAAAAAAAAAAAAAAAQAAAAJp"
	  "ZAAAAAUAAAABeAAAAAAAAAAA//////////8AAAAAAAAAggAAABVwZXJtaXQt"
	  "WDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5n"
	  "AAAAAAAAABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQt"
	  "cHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gt"
	  "ZWQyNTUxOQAAACBQ/IWTw7qeeaZT939Eb3oAbZDsM5lTUTCWWJEHBuvd6QAA"
	  "AFMAAAALc3NoLWVkMjU1MTkAAABAwA0ISNyJcNCtcpAW5Vt7004aSh4upW9J"
	  "uPrPST3missqy83teq6dby9sKrMqJFrMdlp0o+IvJHepe0Uo191VCA==",
	    "SHA256:bNCRRIXKVIvkDYdbwOqRugVVsbJiAKMwyXBf60MG/kk" },
	{ "ssh-dss "
	  "AAAAB3NzaC1kc3MAAACBAL9IJGXZ5bkIzbUmwqqxZptGc276FcZEreYh1MI3"
	  "ecvCqX+Uqu22VgKMOqZ3Om4X4dc6bW1YgwK6+B3fwaKhxSrjlL+UX7P49LtE"
	  "FLWjTORtNZVjPaOIFa8cooQOUOAHGKXXctBGZ6AloYIzPCBRceBouij2YfCn"
	  "pYeE46/I00TlAAAAFQCpKsCWGEP3uPoqsL+dJZvKcpNrbwAAAIB+5GNEK12/"
	  "s8vAgdneYh/UJndXSH8FT16ykkOz4FbKVZ1eaCb6zsNt5q6uYLAKJgXLD1sp"
	  "cbp9dXmBd595WezYFH151z64SQRzreEUj/M93giX+SilCJknycqsNwwRyjBR"
	  "NqZXIHaaIWLfohpM/3Jn+6i8uPd7Scc0pe2qZ/Z7BQAAAIEAu4SUR+YbaerK"
	  "gdMubauFfyCkZrSh7y82mjR3QaNx4Hwp5y3qBym0uQQPt4M+A2M+BEef5Z3h"
	  "rEc4rZVFs0kj1Mts0ripBpfw+iFztW0aQep8FT2Ucbo4ZQBC6HZaYCuLJzMB"
	  "ghfezuR6adJPl1/1gF3A/kjDi00NKRpm2ZrDP5c=",
	    "SHA256:+7f4zELcTl5Xqr6Y7i6Xr1semiRHZMTh1FZ+pLNCxAU" },
	{ "ssh-dss-cert-v01@openssh.com "
	  "AAAAHHNzaC1kc3MtY2VydC12MDFAb3BlbnNzaC5jb20AAAAg0SfSfYidsU/D"
	  "puNE7uJNTzkreZFCB8tbv4Mlon+Pt9MAAACBAL9IJGXZ5bkIzbUmwqqxZptG"
	  "c276FcZEreYh1MI3ecvCqX+Uqu22VgKMOqZ3Om4X4dc6bW1YgwK6+B3fwaKh"
	  "xSrjlL+UX7P49LtEFLWjTORtNZVjPaOIFa8cooQOUOAHGKXXctBGZ6AloYIz"
	  "PCBRceBouij2YfCnpYeE46/I00TlAAAAFQCpKsCWGEP3uPoqsL+dJZvKcpNr"
	  "bwAAAIB+5GNEK12/s8vAgdneYh/UJndXSH8FT16ykkOz4FbKVZ1eaCb6zsNt"
	  "5q6uYLAKJgXLD1spcbp9dXmBd595WezYFH151z64SQRzreEUj/M93giX+Sil"
	  "CJknycqsNwwRyjBRNqZXIHaaIWLfohpM/3Jn+6i8uPd7Scc0pe2qZ/Z7BQAA"
	  "AIEAu4SUR+YbaerKgdMubauFfyCkZrSh7y82mjR3QaNx4Hwp5y3qBym0uQQP"
	  "t4M+A2M+BEef5Z3hrEc4rZVFs0kj1Mts0ripBpfw+iFztW0aQep8FT2Ucbo4"
	  "ZQBC6HZaYCuLJzMBghfezuR6adJPl1/1gF3A/kjDi00NKRpm2ZrDP5cAAAAA"
	  "AAAAAAAAAAEAAAACaWQAAAAFAAAAAXgAAAAAAAAAAP//////////AAAAAAAA"
	  "AIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQtYWdl"
	  "bnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAA"
	  "AAAAAAAKcGVybWl0LXB0eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAA"
	  "AAAAADMAAAALc3NoLWVkMjU1MTkAAAAgUPyFk8O6nnmmU/d/RG96AG2Q7DOZ"
	  "U1EwlliRBwbr3ekAAABTAAAAC3NzaC1lZDI1NTE5AAAAQDT4aFUQc39dKxuZ"
	  "ZCimrLxU2XxYrjEvl9Q7jSued5+tOF9rSPhSIlShuyCut3fBd1anUGN59MiY"
	  "CmETi7rzKw8=",
	    "SHA256:+7f4zELcTl5Xqr6Y7i6Xr1semiRHZMTh1FZ+pLNCxAU" },
	{ "sk-ssh-ed25519@openssh.com "
	  "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIBc+gTRi+ABCLHg3"
	  "rwCqOQoAsA/yq7apw77NzUrPV7pFAAAABHNzaDo=",
	    "SHA256:AriXvWIqWBQK+efqkDP02jecIA2n7us5xT0s5Ij4M44" },
	{ "sk-ssh-ed25519-cert-v01@openssh.com "
	  "AAAAI3NrLXNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIG5u"
	  "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5uAAAAIBc+gTRi+ABCLHg3"
	  "rwCqOQoAsA/yq7apw77NzUrPV7pFAAAABHNzaDoAAAAAAAAAAAAAAAAAAAAC"
	  "aWQ=",
	    "SHA256:AriXvWIqWBQK+efqkDP02jecIA2n7us5xT0s5Ij4M44" },
	{ "sk-ecdsa-sha2-nistp256@openssh.com "
	  "AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlz"
	  "dHAyNTYAAABBBOVSSlkH77sbYqq9Tz54NVNj9g3iGB5q1svEhfmTz8Fg3MlU"
	  "YKm5sZ40VS50F4azy7anO7B3tQ5vOa6b6lMOt0cAAAAEc3NoOg==",
	    "SHA256:JHr8up6teGPAMG+DJwa747yGXJT6Zb+3dH7Tro+NGI0" },
	{ "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com "
	  "AAAAK3NrLWVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5j"
	  "b20AAAAgbm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4AAAAIbmlz"
	  "dHAyNTYAAABBBOVSSlkH77sbYqq9Tz54NVNj9g3iGB5q1svEhfmTz8Fg3MlU"
	  "YKm5sZ40VS50F4azy7anO7B3tQ5vOa6b6lMOt0cAAAAEc3NoOgAAAAAAAAAA"
	  "AAAAAAAAAAJpZA==",
	    "SHA256:JHr8up6teGPAMG+DJwa747yGXJT6Zb+3dH7Tro+NGI0" },
};

static struct authinfo info;

/* A copy that a sanitizer watches. */
static bool
parse(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	bool ok;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	memset(&info, 'x', sizeof(info));
	ok = authinfo_parse(copy, len, &info);
	free(copy);
	return ok;
}

static void
parse_line(const char *method, const char *line, const char *more)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), "%s %s%s\n", method, line, more);
	ck_assert(parse(text, strlen(text)));
}

START_TEST(keys)
{
	parse_line("publickey", key_rows[_i].line, "");
	ck_assert_str_eq(info.method, "publickey");
	ck_assert_str_eq(info.key, key_rows[_i].key);
	/* What sshd says besides is not looked at. */
	parse_line("hostbased", key_rows[_i].line, " client user \"x\"");
	ck_assert_str_eq(info.method, "hostbased");
	ck_assert_str_eq(info.key, key_rows[_i].key);
}
END_TEST

/*
 * Not a byte of a key may be missing, or another.  What follows the key in a
 * certificate is not looked at: sshd has done that.
 */
START_TEST(broken_keys)
{
	char text[4096];
	size_t len, cut;

	if (strstr(key_rows[_i].line, "-cert-") != NULL)
		return;
	for (cut = 1; cut < 40; cut++) {
		(void)snprintf(
		    text, sizeof(text), "publickey %s", key_rows[_i].line);
		len = strlen(text) - cut;
		text[len++] = '\n';
		ck_assert(parse(text, len));
		ck_assert_str_ne(info.key, key_rows[_i].key);
	}
	(void)snprintf(
	    text, sizeof(text), "publickey x%s\n", key_rows[_i].line);
	ck_assert(parse(text, strlen(text)));
	ck_assert_str_eq(info.key, "");
}
END_TEST

/* A certificate that ends inside its key has none. */
START_TEST(short_certificates)
{
	static const char *const lines[] = {
		/* Nothing but the type; a nonce; half a key. */
		"publickey ssh-ed25519-cert-v01@openssh.com "
		"AAAAI3NzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t\n",
		"publickey ssh-ed25519-cert-v01@openssh.com "
		"AAAAI3NzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAAXgA\n",
		"publickey ssh-ed25519-cert-v01@openssh.com "
		"AAAAI3NzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAAXgAAAAgeH"
		"h4\n",
		/* Another kind of certificate. */
		"publickey x-cert-v01@openssh.com "
		"AAAAGHgtY2VydC12MDFAb3BlbnNzaC5jb20=\n",
		/* Lengths beyond the end, up to all ones. */
		"publickey a /////2E=\n",
		"publickey a AAAAAmE=\n",
		"publickey a AAAA\n",
	};
	size_t i;

	for (i = 0; i < LENGTH(lines); i++) {
		ck_assert(parse(lines[i], strlen(lines[i])));
		ck_assert_str_eq(info.method, "publickey");
		ck_assert_str_eq(info.key, "");
	}
}
END_TEST

static const struct {
	const char *text;
	bool ok;
	const char *method;
} rows[] = {
	{ "password\n", true, "password" },
	{ "keyboard-interactive/pam\n", true, "keyboard-interactive/pam" },
	{ "publickey ssh-x AAAA\npassword\n", true, "publickey,password" },
	{ "gssapi-with-mic user@REALM\n", true, "gssapi-with-mic" },
	{ "publickey \n", true, "publickey" },
	{ "publickey ssh-ed25519\n", true, "publickey" },
	{ "publickey ssh-ed25519 !!!!\n", true, "publickey" },
	{ "publickey ssh-ed25519 AAA\n", true, "publickey" },
	{ "publickey ssh-ed25519 ====\n", true, "publickey" },
	/* No file of sshd's. */
	{ "", false, "" },
	{ "\n", false, "" },
	{ "password", false, "" },
	{ "password\n\n", false, "" },
	{ " password\n", false, "" },
	{ "pass\tword\n", false, "" },
	{ "password\r\n", false, "" },
	{ "x\"] from [192.0.2.1\n", false, "" },
	{ "root:x:0:0:root:/root:/bin/sh\n", false, "" },
	{ "Password\n", false, "" },
	{ "password\n\033[2J\n", false, "" },
	/* Names that nobody has, to fill the line. */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n",
	    true,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,"
	    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n",
	    false, "" },
};

START_TEST(lines)
{
	ck_assert_int_eq(
	    parse(rows[_i].text, strlen(rows[_i].text)), rows[_i].ok);
	ck_assert_str_eq(info.method, rows[_i].method);
	ck_assert_str_eq(info.key, "");
}
END_TEST

START_TEST(first_key)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), "publickey %s\npublickey %s\n",
	    key_rows[0].line, key_rows[2].line);
	ck_assert(parse(text, strlen(text)));
	ck_assert_str_eq(info.method, "publickey,publickey");
	ck_assert_str_eq(info.key, key_rows[0].key);
}
END_TEST

START_TEST(bytes)
{
	char *text;

	ck_assert(!parse("password\0\n", 10));
	ck_assert(!parse("password\n\0", 10));
	text = malloc(AUTHINFO_BYTES_MAX + 1);
	ck_assert_ptr_nonnull(text);
	memset(text, 'A', AUTHINFO_BYTES_MAX + 1);
	memcpy(text, "publickey a ", 12);
	text[AUTHINFO_BYTES_MAX - 1] = text[AUTHINFO_BYTES_MAX] = '\n';
	ck_assert(authinfo_parse(text, AUTHINFO_BYTES_MAX, &info));
	ck_assert_str_eq(info.method, "publickey");
	text[AUTHINFO_BYTES_MAX - 1] = 'A';
	ck_assert(!authinfo_parse(text, AUTHINFO_BYTES_MAX + 1, &info));
	free(text);
}
END_TEST

/* Nothing that is printed can be anything but a method and a fingerprint. */
START_TEST(noise)
{
	static const char alphabet[] = "pu \n/=AB-\0\377";
	char text[64];
	uint32_t seed = (uint32_t)_i + 1;
	size_t i, len;

	len = (size_t)_i % sizeof(text);
	for (i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
	}
	if (parse(text, len))
		ck_assert_uint_gt(strlen(info.method), 0);
	ck_assert_uint_eq(strspn(info.method, "pu/-,"), strlen(info.method));
	ck_assert(info.key[0] == '\0' || strlen(info.key) == 50);
}
END_TEST

static Suite *
authinfo_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("authinfo");
	tc = tcase_create("files");
	tcase_add_loop_test(tc, keys, 0, LENGTH(key_rows));
	tcase_add_loop_test(tc, broken_keys, 0, LENGTH(key_rows));
	tcase_add_test(tc, short_certificates);
	tcase_add_loop_test(tc, lines, 0, LENGTH(rows));
	tcase_add_test(tc, first_key);
	tcase_add_test(tc, bytes);
	tcase_add_loop_test(tc, noise, 0, 500);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(authinfo_suite())) != 0;
}
