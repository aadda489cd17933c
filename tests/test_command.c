/* SPDX-License-Identifier: ISC */
/* Commands: those of every known client are read, the rest are refused. */
#include "config.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "tap.h"

#define S(literal) literal, sizeof(literal) - 1

/* Stands in for the C library's, as in test_words.c. */
static size_t allocations;
static size_t failing = SIZE_MAX;

void *
reallocarray(void *ptr, size_t n, size_t size)
{
	if (allocations++ == failing || n > SIZE_MAX / size)
		return NULL;
	return realloc(ptr, n * size);
}

/*
 * want: the role; r recursive, p preserve, d directory, D directory_own,
 * w waits, e eof_commits; the paths, each in brackets.
 */
struct row {
	const char *text;
	const char *want;
};

/* What each client sends on upload, then on download. */
static const struct row client_rows[] = {
	/* OpenSSH scp -O */
	{ "scp -t /x", "tw [/x]" },
	{ "scp -v -t x", "tw [x]" },
	{ "scp -r -t x", "trw [x]" },
	{ "scp -p -t x", "tpw [x]" },
	{ "scp -d -t dir", "tdDw [dir]" },
	{ "scp -v -r -p -d -t dir", "trpdDw [dir]" },
	{ "scp -t -- -x", "tw [-x]" },   /* 6.0 and later: needed there */
	{ "scp -t -- x", "t [x]" },      /* 5.4 to 5.9: always */
	{ "scp -t .", "tw [.]" },        /* the client made `.' of nothing */
	{ "scp -t 'a b'", "twe [a b]" }, /* quoted by a person */
	{ "scp -t a\\ b", "tw [a b]" },  /* the same; pads failed reads */
	{ "scp -f /x", "fw [/x]" },
	{ "scp -v -r -p -f x", "frpw [x]" },
	{ "scp -f -- -x", "fw [-x]" },
	{ "scp -f -- x", "f [x]" },
	{ "scp -f *.c", "fw [*.c]" },
	{ "scp -f a b", "fw [a][b]" },
	/* dropbear, pscp: the same, never `--' */
	{ "scp -v -r -t x", "trw [x]" },
	{ "scp -r -f x", "frw [x]" },
	/* scp.py */
	{ "scp -t P", "tw [P]" },
	{ "scp -l 100 -t P", "tw [P]" },
	{ "scp -l 100 -t 'P q'", "twe [P q]" },
	{ "scp -r -t P", "trw [P]" },
	{ "scp -t ", "tw [.]" }, /* '' became nothing */
	{ "scp -t ''", "twe [.]" },
	{ "scp -f P1 'P 2'", "fw [P1][P 2]" },
	{ "scp -r -p -f P1 P2", "frpw [P1][P2]" },
	/* asyncssh */
	{ "scp -t -d -p -r P", "trpdDw [P]" },
	{ "scp -f -d -p -r P", "frpdDw [P]" },
	/* net-scp */
	{ "scp -t -v -r -p P", "trpw [P]" },
	{ "scp -f -v -r -p P", "frpw [P]" },
	{ "scp -t a\\ b\\;c", "tw [a b;c]" },
	{ "scp -t a'\n'b", "twe [a\nb]" },
	/* libssh2, curl */
	{ "scp -t 'P'", "twe [P]" },
	{ "scp -pt 'P'", "tpe [P]" },
	{ "scp -pt 'it'\"'\"'s'\\!", "tpe [it's!]" },
	{ "scp -pf 'P'", "fp [P]" },
	{ "scp -f 'P'", "fw [P]" },
	/* libssh: two blanks */
	{ "scp -t  'P'", "twe [P]" },
	{ "scp -t -r 'P'", "trw [P]" },
	{ "scp -f  'P'", "fw [P]" },
	{ "scp -f -r 'P'", "frw [P]" },
	/* JSch, Ant */
	{ "scp -p -t 'P'", "tpw [P]" },
	{ "scp -t 'it'\"'\"'s'", "twe [it's]" },
	{ "scp -f -r -p 'P'", "frpw [P]" },
	/* sshj */
	{ "scp -t -r -p -l100 'P'", "trpw [P]" },
	{ "scp -t -r 'P'", "trw [P]" },
	{ "scp -f -q -p -r -l100 P", "frp [P]" },
	{ "scp -f -q -p P", "fp [P]" },
	/* MINA: the needless -- */
	{ "scp -t -- P", "t [P]" },
	{ "scp -d -r -p -t -- P", "trpdD [P]" },
	{ "scp -r -p -f -- P", "frp [P]" },
	/* SSH.NET */
	{ "scp -t -d \"DIR\"", "tdDw [DIR]" },
	{ "scp -t \"F\"", "twe [F]" },
	{ "scp -r -p -d -t \"DIR\"", "trpdDw [DIR]" },
	{ "scp -f \"a\\\"b\"", "fw [a\"b]" },
	{ "scp -pf \"P\"", "fp [P]" },
	{ "scp -prf \"P\"", "frp [P]" },
	/* phpseclib */
	{ "scp -t 'it'\\''s'", "twe [it's]" },
	{ "scp -f 'it'\\''s'", "fw [it's]" },
	/* go-scp: %q, the binary is configurable */
	{ "scp -qt \"P\"", "te [P]" },
	{ "/usr/bin/scp -qt \"a\\nb\\\\\\\"\"", "te [a\\nb\\\"]" },
	{ "scp -f \"P\\u00ad\"", "fw [P\\u00ad]" },
	/* packer */
	{ "scp -vt my\\ dir", "t [my dir]" },
	{ "scp -rvt DIR", "tr [DIR]" },
	{ "scp -vf P", "f [P]" },
	{ "scp -vf \"P\"", "f [P]" },
	{ "scp -vrf P", "fr [P]" },
	/* terraform: the command word is quoted too */
	{ "'scp' -vt DIR", "t [DIR]" },
	{ "'scp' -rvt DIR", "tr [DIR]" },
	{ "\"scp\" -vt ..", "t [..]" },
	{ "scp -vt ~", "t [.]" },
	/* trilead, ganymed */
	{ "scp -t -d DIR", "tdDw [DIR]" },
	{ "scp -t -d .", "tdDw [.]" },
	{ "scp -f P1 P2", "fw [P1][P2]" },
	/* Teleport */
	{ "/usr/bin/scp -t -r -d -p P", "trpdDw [P]" },
	{ "/usr/bin/scp -f P", "fw [P]" },
	/* sshkit.ex and the Go of blogs */
	{ "scp -qrt DIR", "tr [DIR]" },
	{ "/usr/bin/scp -qrt DIR", "tr [DIR]" },
	{ "/usr/bin/scp -tr DIR", "tr [DIR]" },
	{ "/usr/bin/scp -trp DIR/f", "trp [DIR/f]" },
	{ "/usr/bin/scp -t DIR", "tw [DIR]" },
	{ "scp -qrt ./", "tr [./]" },
	/* JetBrains */
	{ "scp -prt DIR", "trp [DIR]" },
	/* Rust clients */
	{ "scp -pt P", "tp [P]" },
	{ "scp -tr -- 'P'", "tr [P]" },
	{ "scp -r -p -t -- 'P'", "trp [P]" },
};

/* What the clients leave open. */
static const struct row rule_rows[] = {
	/* every accepted letter */
	{ "scp -1 -2 -4 -6 -B -C -T -v -t x", "tw [x]" },
	{ "scp -1246BCTvt x", "t [x]" },
	{ "scp -q -t x", "t [x]" },
	{ "scp -t -q 'x'", "te [x]" },
	/* order, repetition, quoted flags */
	{ "scp -t -t x", "tw [x]" },
	{ "scp '-t' \"x\"", "twe [x]" },
	{ "scp \\-t x", "tw [x]" },
	{ "scp -'t' x", "tw [x]" },
	{ "  scp\t-t\tx  ", "tw [x]" },
	/* the command word */
	{ "./scp -t x", "tw [x]" },
	{ "../../any/where/scp -t x", "tw [x]" },
	{ "/scp -t x", "tw [x]" },
	{ "s'c'\\p -t x", "tw [x]" },
	/* -l and its argument, any word */
	{ "scp -l 100 -t x", "tw [x]" },
	{ "scp -l100 -t x", "tw [x]" },
	{ "scp -l x -t x", "tw [x]" },
	{ "scp -l -f -t x", "tw [x]" }, /* as getopt(3) */
	{ "scp -l -- -t x", "tw [x]" },
	{ "scp -l '' -t x", "tw [x]" },
	{ "scp -l100S -t x", "tw [x]" },
	{ "scp -tl 100 x", "t [x]" },
	{ "scp -tl100 x", "t [x]" },
	{ "scp -t -l 100", "tw [.]" },
	/* where options end */
	{ "scp -f x -t", "fw [x][-t]" },
	{ "scp -f x --", "fw [x][--]" },
	{ "scp -t -", "tw [-]" },
	{ "scp -t -- -", "tw [-]" },
	{ "scp -t -- --", "tw [--]" },
	{ "scp -t -- -S", "tw [-S]" },
	{ "scp -t --", "t [.]" },
	{ "scp -t -- ''", "te [.]" },
	{ "scp -t -- ' -x'", "te [ -x]" },
	{ "scp -t '--' -x", "tw [-x]" },
	{ "scp -f -- -a b", "fw [-a][b]" },
	/* no path, empty paths */
	{ "scp -t", "tw [.]" },
	{ "scp -f", "fw [.]" },
	{ "scp -f '' a ''", "fw [.][a][.]" },
	{ "scp -f a ''", "fw [a][.]" },
	/* tildes */
	{ "scp -t ~/x", "tw [./x]" },
	{ "scp -t ~", "tw [.]" },
	{ "scp -t ~/", "tw [./]" },
	{ "scp -t '~'", "twe [~]" },
	{ "scp -t '~/x'", "twe [~/x]" },
	{ "scp -t \\~/x", "tw [~/x]" },
	{ "scp -t x/~/y", "tw [x/~/y]" },
	{ "scp -t '~root'", "twe [~root]" },
	{ "scp -t \\~root", "tw [~root]" },
	{ "scp -t x~root", "tw [x~root]" },
	{ "scp -f ~ ~/a b~", "fw [.][./a][b~]" },
	/* -d, -p: a word of its own or not */
	{ "scp -dt x", "td [x]" },
	{ "scp -dt 'x'", "td [x]" },
	{ "scp -d -t 'x'", "tdDw [x]" },
	{ "scp -t -p 'x'", "tpw [x]" },
	{ "scp -pt -p 'x'", "tp [x]" },
	{ "scp -tp 'x'", "tpe [x]" },
	{ "scp -rt 'x'", "tr [x]" },
	{ "scp -tv 'x'", "te [x]" },
	{ "scp -vd -t x", "td [x]" },
	{ "scp -v -tp 'x'", "tpe [x]" },
	/* a quote anywhere in the path counts, a backslash does not */
	{ "scp -t x''", "twe [x]" },
	{ "scp -t a\\'b", "tw [a'b]" },
	{ "'scp' '-t' x", "tw [x]" },
	/* paths are text: nothing is expanded, nothing resolved */
	{ "scp -t /a/../../b//c", "tw [/a/../../b//c]" },
	{ "scp -f {a,b}*[c]? '*'", "fw [{a,b}*[c]?][*]" },
	{ "scp -t '; rm -rf /'", "twe [; rm -rf /]" },
	{ "scp -t \xff\x80", "tw [\xff\x80]" },
	{ "scp -t #x", "tw [#x]" },
	{ "scp -t x!", "tw [x!]" },
};

static void
show(const struct request *r, char *buf, size_t size)
{
	size_t used, i;

	used = (size_t)snprintf(buf, size, "%c%s%s%s%s%s%s ", (int)r->role,
	    r->recursive ? "r" : "", r->preserve ? "p" : "",
	    r->directory ? "d" : "", r->directory_own ? "D" : "",
	    r->waits ? "w" : "", r->eof_commits ? "e" : "");
	for (i = 0; i < r->npaths; i++) {
		ck_assert_uint_lt(used, size);
		ck_assert_uint_eq(r->paths[i].len, strlen(r->paths[i].text));
		used += (size_t)snprintf(
		    buf + used, size - used, "[%s]", r->paths[i].text);
	}
	/* Borrowed from the words, to their end. */
	ck_assert_ptr_eq(r->paths + r->npaths, r->words.list + r->words.n);
}

static bool
parse(const char *text, size_t len, struct request *r, struct command_fault *f)
{
	bool ok;
	char *exact;

	memset(r, 0x55, sizeof(*r));
	memset(f, 0x55, sizeof(*f));
	/* A copy without the NUL: reading on is seen by the sanitizer. */
	exact = malloc(len + 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact + 1, text, len);
	ok = command_parse(exact + 1, len, r, f);
	free(exact);
	return ok;
}

static void
check_row(const struct row *row)
{
	struct request r;
	struct command_fault f;
	char got[256];
	bool ok;

	ok = parse(row->text, strlen(row->text), &r, &f);
	ck_assert_msg(ok, "\"%s\": error %d", row->text, (int)f.err);
	ck_assert_int_eq(f.err, COMMAND_OK);
	show(&r, got, sizeof(got));
	ck_assert_msg(strcmp(got, row->want) == 0, "\"%s\": %s, not %s",
	    row->text, got, row->want);
	command_clear(&r);
	ck_assert_uint_eq(r.npaths, 0);
	command_clear(&r); /* harmless */
}

START_TEST(client)
{
	check_row(&client_rows[_i]);
}
END_TEST

START_TEST(rule)
{
	check_row(&rule_rows[_i]);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	enum command_err want;
	bool speaks_scp;
	enum words_err words;
	char option;
	const char *explained; /* NULL: not asked here */
} fault_rows[] = {
	/* an interactive login */
	{ S(""), COMMAND_E_EMPTY, false, WORDS_OK, 0,
	    "this account only transfers files with scp (no shell)" },
	{ S(" \t "), COMMAND_E_EMPTY, false, WORDS_OK, 0, NULL },
	{ S("''"), COMMAND_E_EMPTY, false, WORDS_OK, 0, NULL },
	/* SFTP */
	{ S("internal-sftp"), COMMAND_E_SFTP, false, WORDS_OK, 0,
	    "this account has no SFTP: use scp -O or pscp -scp" },
	{ S("internal-sftp -l INFO"), COMMAND_E_SFTP, false, WORDS_OK, 0,
	    NULL },
	{ S("/usr/lib/openssh/sftp-server"), COMMAND_E_SFTP, false, WORDS_OK, 0,
	    NULL },
	{ S("sftp-server -u 022"), COMMAND_E_SFTP, false, WORDS_OK, 0, NULL },
	{ S("sftp-server 'x"), COMMAND_E_SFTP, false, WORDS_OK, 0, NULL },
	{ S("/x/internal-sftp"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("sftp-server2"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	/* other programs */
	{ S("rsync --server . /x"), COMMAND_E_OTHER, false, WORDS_OK, 0,
	    "only scp is allowed here" },
	{ S("sh"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("scp.exe -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("scpx -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("xscp -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("SCP -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("/usr/bin/scp/ -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("'scp -t x'"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("'scp ' -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("'' scp -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("sudo scp -t D"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("mkdir -p D && scp -qrt D"), COMMAND_E_OTHER, false, WORDS_OK, 0,
	    NULL }, /* sshkit.ex */
	{ S("/bin/sh -c 'scp -t x'"), COMMAND_E_OTHER, false, WORDS_OK, 0,
	    NULL }, /* net-scp with a shell */
	{ S("rm -rf $(x)"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("rm 'x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("rm \"x $(y)\""), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("$(scp -t x)"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("`scp` -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S(";scp -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("(scp -t x)"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("\nscp -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("'scp -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("\"scp"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("\0"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	/* a first word that touches the fault may go on behind it */
	{ S("scp$x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("scp'"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("scp\0 -t x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("scp;rm -rf x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("scp\\"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	{ S("scp\\ $x"), COMMAND_E_OTHER, false, WORDS_OK, 0, NULL },
	/* options of ours */
	{ S("-r /srv"), COMMAND_E_DASH, false, WORDS_OK, 0,
	    "only scp is allowed here, not an option or a pattern" },
	{ S("-"), COMMAND_E_DASH, false, WORDS_OK, 0, NULL },
	{ S("-scp -t x"), COMMAND_E_DASH, false, WORDS_OK, 0, NULL },
	{ S(" -r x"), COMMAND_E_DASH, false, WORDS_OK, 0, NULL },
	{ S("'-r' x"), COMMAND_E_DASH, false, WORDS_OK, 0, NULL },
	{ S("-r 'x"), COMMAND_E_DASH, false, WORDS_OK, 0, NULL },
	{ S("-/scp -t x"), COMMAND_E_DASH, false, WORDS_OK, 0, NULL },
	{ S("-o/sftp-server"), COMMAND_E_DASH, false, WORDS_OK, 0, NULL },
	/* neither direction, or both */
	{ S("scp"), COMMAND_E_DIRECTION, false, WORDS_OK, 0, NULL },
	{ S("scp host1:a user@host2:b"), COMMAND_E_DIRECTION, false, WORDS_OK,
	    0,
	    "scp without -t or -f: copying between two remote hosts from "
	    "here is not possible: use scp -3" }, /* OpenSSH scp -R */
	{ S("scp -v -r -p a user@host2:b"), COMMAND_E_DIRECTION, false,
	    WORDS_OK, 0, NULL },
	{ S("scp -- -t x"), COMMAND_E_DIRECTION, false, WORDS_OK, 0, NULL },
	{ S("scp x -t"), COMMAND_E_DIRECTION, false, WORDS_OK, 0, NULL },
	{ S("scp - -t x"), COMMAND_E_DIRECTION, false, WORDS_OK, 0, NULL },
	{ S("scp '' -t x"), COMMAND_E_DIRECTION, false, WORDS_OK, 0, NULL },
	{ S("scp -l -t x"), COMMAND_E_DIRECTION, false, WORDS_OK, 0, NULL },
	{ S("scp -lt x"), COMMAND_E_DIRECTION, false, WORDS_OK, 0, NULL },
	{ S("scp -t -f x"), COMMAND_E_DIRECTION, true, WORDS_OK, 0,
	    "-t and -f cannot go together" },
	{ S("scp -ft x"), COMMAND_E_DIRECTION, true, WORDS_OK, 0, NULL },
	/* words */
	{ S("scp -t 'x"), COMMAND_E_WORDS, true, WORDS_E_QUOTE, 0,
	    "the command cannot be read: a quote is not closed" },
	{ S("scp -t \"x"), COMMAND_E_WORDS, true, WORDS_E_QUOTE, 0, NULL },
	{ S("scp -t 'it\\'s'"), COMMAND_E_WORDS, true, WORDS_E_QUOTE, 0,
	    NULL }, /* sshj */
	{ S("scp -t a; rm b"), COMMAND_E_WORDS, true, WORDS_E_SPECIAL, 0,
	    NULL },
	{ S("scp -r -p -1 -d -t \"DIR\" ; echo \"WinSCP: $?\""),
	    COMMAND_E_WORDS, true, WORDS_E_SPECIAL, 0, NULL }, /* WinSCP */
	{ S("scp -t \"$(x)\""), COMMAND_E_WORDS, true, WORDS_E_SPECIAL, 0,
	    NULL }, /* CVE-2020-15778 */
	{ S("scp -t `touch x`"), COMMAND_E_WORDS, true, WORDS_E_SPECIAL, 0,
	    NULL },
	{ S("scp -t x\\"), COMMAND_E_WORDS, true, WORDS_E_ESCAPE, 0, NULL },
	{ S("scp -t x\0y"), COMMAND_E_WORDS, true, WORDS_E_NUL, 0, NULL },
	{ S("scp -t 'x\0y'"), COMMAND_E_WORDS, true, WORDS_E_NUL, 0, NULL },
	{ S("scp -t x\\\0y"), COMMAND_E_WORDS, true, WORDS_E_NUL, 0, NULL },
	{ S("scp -t \"\\\\\0"), COMMAND_E_WORDS, true, WORDS_E_NUL, 0, NULL },
	{ S("scp 'x"), COMMAND_E_WORDS, true, WORDS_E_QUOTE, 0, NULL },
	{ S("scp ; rm"), COMMAND_E_WORDS, true, WORDS_E_SPECIAL, 0, NULL },
	{ S("scp\t;"), COMMAND_E_WORDS, true, WORDS_E_SPECIAL, 0, NULL },
	{ S("scp -t$x"), COMMAND_E_WORDS, true, WORDS_E_SPECIAL, 0, NULL },
	{ S("scp -S x -t 'y"), COMMAND_E_WORDS, true, WORDS_E_QUOTE, 0, NULL },
	{ S("/usr/bin/scp -t \"a\" \"b$"), COMMAND_E_WORDS, true,
	    WORDS_E_SPECIAL, 0, NULL },
	/* options */
	{ S("scp -S /bin/sh -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'S',
	    "option -S is not allowed here" },
	{ S("scp -o ProxyCommand=x -t x"), COMMAND_E_OPTION, true, WORDS_OK,
	    'o', NULL },
	{ S("scp -F f -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'F', NULL },
	{ S("scp -J h -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'J', NULL },
	{ S("scp -D p -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'D', NULL },
	{ S("scp -i f -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'i', NULL },
	{ S("scp -c c -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'c', NULL },
	{ S("scp -P 1 -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'P', NULL },
	{ S("scp -X y -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'X', NULL },
	{ S("scp -3 -t x"), COMMAND_E_OPTION, true, WORDS_OK, '3',
	    "option -3 is not allowed here" },
	{ S("scp -R -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'R', NULL },
	{ S("scp -O -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'O', NULL },
	{ S("scp -s -t x"), COMMAND_E_OPTION, true, WORDS_OK, 's', NULL },
	{ S("scp -A -t x"), COMMAND_E_OPTION, true, WORDS_OK, 'A', NULL },
	{ S("scp -tS x"), COMMAND_E_OPTION, true, WORDS_OK, 'S', NULL },
	{ S("scp -t -S/bin/sh x"), COMMAND_E_OPTION, true, WORDS_OK, 'S',
	    NULL },
	{ S("scp -t '-S' x"), COMMAND_E_OPTION, true, WORDS_OK, 'S', NULL },
	{ S("scp --recursive -t x"), COMMAND_E_OPTION, true, WORDS_OK, '-',
	    "option -? is not allowed here" },
	{ S("scp -t- x"), COMMAND_E_OPTION, true, WORDS_OK, '-', NULL },
	{ S("scp -'t ' x"), COMMAND_E_OPTION, true, WORDS_OK, ' ',
	    "option -? is not allowed here" },
	{ S("scp -\xff -t x"), COMMAND_E_OPTION, true, WORDS_OK, '\xff',
	    "option -? is not allowed here" },
	{ S("scp -t -l"), COMMAND_E_OPTION, true, WORDS_OK, 'l',
	    "option -l lacks its number" },
	{ S("scp -tl"), COMMAND_E_OPTION, true, WORDS_OK, 'l', NULL },
	/* targets */
	{ S("scp -t a b"), COMMAND_E_TARGETS, true, WORDS_OK, 0,
	    "ambiguous target" },
	{ S("scp -d -t 'a' 'b' c"), COMMAND_E_TARGETS, true, WORDS_OK, 0,
	    NULL },
	{ S("scp -t a ''"), COMMAND_E_TARGETS, true, WORDS_OK, 0, NULL },
	{ S("scp -t a -r"), COMMAND_E_TARGETS, true, WORDS_OK, 0, NULL },
	{ S("scp -t ~a b"), COMMAND_E_TARGETS, true, WORDS_OK, 0, NULL },
	/* tildes */
	{ S("scp -t ~root"), COMMAND_E_TILDE, true, WORDS_OK, 0,
	    "the ~ of another user is not known here: write the path" },
	{ S("scp -t ~root/x"), COMMAND_E_TILDE, true, WORDS_OK, 0, NULL },
	{ S("scp -t ~'x'"), COMMAND_E_TILDE, true, WORDS_OK, 0, NULL },
	{ S("scp -f a ~+ b"), COMMAND_E_TILDE, true, WORDS_OK, 0, NULL },
	{ S("scp -f a b ~~"), COMMAND_E_TILDE, true, WORDS_OK, 0, NULL },
};

static void
check_refused(const struct request *r)
{
	ck_assert_ptr_null(r->words.list);
	ck_assert_uint_eq(r->words.n, 0);
	ck_assert_ptr_null(r->paths);
	ck_assert_uint_eq(r->npaths, 0);
	ck_assert_int_eq(r->role, 0);
	ck_assert(!r->recursive && !r->preserve && !r->directory &&
	    !r->directory_own && !r->waits && !r->eof_commits);
}

START_TEST(fault)
{
	const char *text = fault_rows[_i].text;
	struct request r;
	struct command_fault f;
	char buf[201];

	ck_assert_msg(!parse(text, fault_rows[_i].len, &r, &f), "\"%s\"", text);
	ck_assert_msg(f.err == fault_rows[_i].want, "\"%s\": error %d, not %d",
	    text, (int)f.err, (int)fault_rows[_i].want);
	ck_assert_int_eq(f.speaks_scp, fault_rows[_i].speaks_scp);
	ck_assert_int_eq(f.words, fault_rows[_i].words);
	ck_assert_int_eq(f.option, fault_rows[_i].option);
	check_refused(&r);
	ck_assert_ptr_eq(command_explain(&f, buf, sizeof(buf)), buf);
	if (fault_rows[_i].explained != NULL)
		ck_assert_str_eq(buf, fault_rows[_i].explained);
}
END_TEST

/* Words that a shell has split: every byte is quoted. */
static const struct {
	const char *argv[6];
	const char *want;       /* NULL: refused */
	enum command_err fault; /* then */
} argv_rows[] = {
	{ { "scp", "-t", "x" }, "twe [x]", COMMAND_OK },
	{ { "scp", "-pt", "x" }, "tpe [x]", COMMAND_OK },
	{ { "scp", "-p", "-t", "x" }, "tpw [x]", COMMAND_OK },
	{ { "scp", "-r", "-t", "x" }, "trw [x]", COMMAND_OK },
	{ { "scp", "-d", "-t", "x" }, "tdDw [x]", COMMAND_OK },
	{ { "scp", "-t" }, "twe [.]", COMMAND_OK },
	{ { "scp", "-t", "" }, "twe [.]", COMMAND_OK },
	{ { "scp", "-t", "--", "-x" }, "twe [-x]", COMMAND_OK },
	{ { "scp", "-t", "--", "x" }, "te [x]", COMMAND_OK },
	{ { "scp", "-f", "x" }, "fw [x]", COMMAND_OK }, /* commits nothing */
	{ { "/usr/bin/scp", "-f", "a b", "*" }, "fw [a b][*]", COMMAND_OK },
	{ { "scp", "-t", "~root" }, "twe [~root]", COMMAND_OK },
	{ { "scp", "-f", "~", "~/x" }, "fw [~][~/x]", COMMAND_OK },
	{ { "scp", "-t", "; $(x) `y` '" }, "twe [; $(x) `y` ']", COMMAND_OK },
	{ { "scp", "-t", "a", "b" }, NULL, COMMAND_E_TARGETS },
	{ { "scp", "-t", "-S", "x" }, NULL, COMMAND_E_OPTION },
	{ { "scp", "a", "b" }, NULL, COMMAND_E_DIRECTION },
	{ { "scp -t x" }, NULL, COMMAND_E_OTHER },
	{ { "-scp", "-t", "x" }, NULL, COMMAND_E_DASH },
	{ { "internal-sftp" }, NULL, COMMAND_E_SFTP },
	{ { "ls" }, NULL, COMMAND_E_OTHER },
	{ { "" }, NULL, COMMAND_E_EMPTY },
	{ { "", "x" }, NULL, COMMAND_E_OTHER },
	{ { NULL }, NULL, COMMAND_E_EMPTY },
};

START_TEST(from_argv)
{
	char *argv[6] = { NULL };
	struct request r;
	struct command_fault f;
	char got[256];
	int i, argc;

	for (argc = 0; argv_rows[_i].argv[argc] != NULL; argc++) {
		argv[argc] = strdup(argv_rows[_i].argv[argc]);
		ck_assert_ptr_nonnull(argv[argc]);
	}
	memset(&r, 0x55, sizeof(r));
	memset(&f, 0x55, sizeof(f));
	ck_assert_int_eq(
	    command_parse_argv(argc, argv, &r, &f), argv_rows[_i].want != NULL);
	ck_assert_int_eq(f.err, argv_rows[_i].fault);
	for (i = 0; i < argc; i++)
		free(argv[i]); /* nothing of it is borrowed */
	if (argv_rows[_i].want == NULL)
		check_refused(&r);
	else {
		show(&r, got, sizeof(got));
		ck_assert_str_eq(got, argv_rows[_i].want);
	}
	command_clear(&r);
}
END_TEST

static char *
repeat(const char *head, const char *pattern, size_t len)
{
	size_t i, headlen = strlen(head);
	char *text;

	text = malloc(len);
	ck_assert_ptr_nonnull(text);
	memcpy(text, head, headlen);
	for (i = headlen; i < len; i++)
		text[i] = pattern[(i - headlen) % strlen(pattern)];
	return text;
}

static const struct {
	const char *head;
	const char *pattern;
	size_t len;
	enum command_err want;
	bool speaks_scp;
} huge_rows[] = {
	{ "scp -t ", "a", WORDS_BYTES_MAX, COMMAND_OK, false },
	{ "scp -t ", "a", WORDS_BYTES_MAX + 1, COMMAND_E_WORDS, true },
	{ "scp -t ", "$", WORDS_BYTES_MAX + 1, COMMAND_E_WORDS, true },
	{ "scp -t ", "\"a$", WORDS_BYTES_MAX + 1, COMMAND_E_WORDS, true },
	{ "scp -t ", "a ", WORDS_BYTES_MAX, COMMAND_E_TARGETS, true },
	{ "scp -f ", "a ", WORDS_BYTES_MAX, COMMAND_OK, false },
	{ "scp -f ", "~ ", WORDS_BYTES_MAX, COMMAND_OK, false },
	{ "scp -f ", "'' ", WORDS_BYTES_MAX - 1, COMMAND_OK, false },
	{ "scp -", "t", WORDS_BYTES_MAX, COMMAND_OK, false },
	{ "scp -t", " -r", WORDS_BYTES_MAX - 1, COMMAND_OK, false },
	{ "scp", " -l", WORDS_BYTES_MAX - 1, COMMAND_E_OPTION, true },
	{ "", "scp", WORDS_BYTES_MAX, COMMAND_E_OTHER, false },
	{ "", "scp", 16 * WORDS_BYTES_MAX, COMMAND_E_OTHER, false },
	{ "", "\"'", WORDS_BYTES_MAX, COMMAND_E_OTHER, false },
	{ "", " ", WORDS_BYTES_MAX, COMMAND_E_EMPTY, false },
	{ "", "-", WORDS_BYTES_MAX + 1, COMMAND_E_DASH, false },
};

START_TEST(huge)
{
	struct request r;
	struct command_fault f;
	char *text;

	text = repeat(
	    huge_rows[_i].head, huge_rows[_i].pattern, huge_rows[_i].len);
	ck_assert_int_eq(command_parse(text, huge_rows[_i].len, &r, &f),
	    huge_rows[_i].want == COMMAND_OK);
	ck_assert_int_eq(f.err, huge_rows[_i].want);
	if (f.err != COMMAND_OK)
		ck_assert_int_eq(f.speaks_scp, huge_rows[_i].speaks_scp);
	command_clear(&r);
	free(text);
}
END_TEST

/* Whichever allocation fails: refused as such, nothing kept, nothing lost. */
static const char *const memory_rows[] = {
	"scp -f '' a ''",
	"scp -t",
	"scp -t a 'b",
	"scp -t \"a$\"",
	"ls -l",
};

START_TEST(memory)
{
	char text[8192];
	struct request r;
	struct command_fault f;
	size_t i = 0;

	/* A short one needs no memory. */
	(void)snprintf(text, sizeof(text), "%6000s%s", "", memory_rows[_i]);
	do {
		allocations = 0;
		failing = i++;
		if (!command_parse(text, strlen(text), &r, &f))
			check_refused(&r);
		ck_assert(f.err == COMMAND_E_MEMORY || allocations < i);
		command_clear(&r);
	} while (f.err == COMMAND_E_MEMORY);
	ck_assert_uint_gt(i, 3);
}
END_TEST

START_TEST(memory_argv)
{
	static char program[] = "scp", verbose[] = "-v", sink[] = "-t";
	char *argv[64] = { program };
	struct request r;
	struct command_fault f;
	size_t i;

	/* So many that another one finds no place in the list. */
	for (i = 1; i + 1 < LENGTH(argv); i++)
		argv[i] = verbose;
	argv[i] = sink;
	i = 0;
	do {
		allocations = 0;
		failing = i++;
		if (!command_parse_argv(LENGTH(argv), argv, &r, &f))
			check_refused(&r);
		ck_assert(f.err == COMMAND_E_MEMORY || f.err == COMMAND_OK);
		command_clear(&r);
	} while (f.err == COMMAND_E_MEMORY);
	ck_assert_uint_gt(i, 3); /* the path that was added, too */
}
END_TEST

/* One line that may be shown to its sender? */
static bool
is_fit(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (*p < ' ' || *p > '~')
			return false;
	}
	return p > text && p - text <= 200;
}

/* Every fault there can be is explained in one short line, all printable. */
START_TEST(explain)
{
	struct command_fault f = { (enum command_err)_i, WORDS_OK, 'x', true };
	char buf[512], small[8];
	int i;

	for (i = 0; i < 4 * 256; i++) {
		f.words = (enum words_err)(i % WORDS__COUNT);
		f.option = (char)(i / 4);
		f.speaks_scp = i % 2 == 0;
		(void)command_explain(&f, buf, sizeof(buf));
		(void)command_explain(&f, small, sizeof(small));
		ck_assert_msg(is_fit(buf), "error %d: %s", _i, buf);
		ck_assert(strncmp(buf, small, sizeof(small) - 1) == 0);
		ck_assert_int_eq(small[sizeof(small) - 1], '\0');
	}
}
END_TEST

/* One word for the log, told apart where the commands differ in kind. */
static const struct {
	enum command_err err;
	const char *want;
} code_rows[] = {
	{ COMMAND_E_EMPTY, "no-command" },
	{ COMMAND_E_SFTP, "sftp" },
	{ COMMAND_E_OTHER, "not-scp" },
	{ COMMAND_E_DASH, "not-scp" },
	{ COMMAND_E_DIRECTION, "bad-command" },
	{ COMMAND_E_WORDS, "bad-command" },
	{ COMMAND_E_OPTION, "bad-command" },
	{ COMMAND_E_TARGETS, "bad-command" },
	{ COMMAND_E_TILDE, "bad-command" },
};

START_TEST(code)
{
	ck_assert_str_eq(command_code(code_rows[_i].err), code_rows[_i].want);
}
END_TEST

/* The letters that are told, and the bytes next to them that are not. */
static const struct {
	char option;
	char shown;
} letter_rows[] = {
	{ 'a', 'a' },
	{ 'z', 'z' },
	{ 'A', 'A' },
	{ 'Z', 'Z' },
	{ '0', '0' },
	{ '9', '9' },
	{ '`', '?' },
	{ '{', '?' },
	{ '@', '?' },
	{ '[', '?' },
	{ '/', '?' },
	{ ':', '?' },
	{ '\0', '?' },
	{ '\n', '?' },
	{ '\x1b', '?' },
	{ '\x80', '?' },
	{ '\xe1', '?' },
};

START_TEST(letter)
{
	struct command_fault f = { COMMAND_E_OPTION, WORDS_OK, 'x', true };
	char buf[64];

	f.option = letter_rows[_i].option;
	(void)command_explain(&f, buf, sizeof(buf));
	ck_assert_int_eq(buf[strlen("option -")], letter_rows[_i].shown);
	ck_assert_int_eq(buf[strlen("option -") + 1], ' ');
}
END_TEST

static Suite *
command_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("command");
	tc = tcase_create("request");
	tcase_add_loop_test(tc, client, 0, LENGTH(client_rows));
	tcase_add_loop_test(tc, rule, 0, LENGTH(rule_rows));
	tcase_add_loop_test(tc, from_argv, 0, LENGTH(argv_rows));
	suite_add_tcase(s, tc);
	tc = tcase_create("fault");
	tcase_add_loop_test(tc, fault, 0, LENGTH(fault_rows));
	tcase_add_loop_test(tc, huge, 0, LENGTH(huge_rows));
	tcase_add_loop_test(tc, memory, 0, LENGTH(memory_rows));
	tcase_add_test(tc, memory_argv);
	tcase_add_loop_test(tc, explain, 0, COMMAND__COUNT);
	tcase_add_loop_test(tc, code, 0, LENGTH(code_rows));
	tcase_add_loop_test(tc, letter, 0, LENGTH(letter_rows));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(command_suite())) != 0;
}
