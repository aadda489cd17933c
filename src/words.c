/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "words.h"

#include <stdlib.h>
#include <string.h>

/* What a shell would act on where it is not quoted (CVE-2020-15778). */
static const char specials[] = ";&|<>$()`\n";

struct splitter {
	const char *text; /* borrowed */
	size_t len;
	size_t pos;  /* the next byte; on failure the offending one */
	bool inside; /* a word has begun */
	bool has_quotes;
	char *bytes; /* the word so far, n bytes of it */
	bool *marks; /* as many */
	size_t n;
};

static bool
is_one_of(char byte, const char *set)
{
	return byte != '\0' && strchr(set, byte) != NULL;
}

/* One piece of memory, or several smaller ones. */
struct words_block {
	struct words_block *next;
	size_t used;
	size_t size;
	_Alignas(struct word) char bytes[];
};

/* Where sanitizers watch, each piece has a block of its own, with its ends. */
#ifdef INSTRUMENTED
#define ROOM_BYTES  ((size_t)0)
#define BLOCK_BYTES ((size_t)0)
#else
#define ROOM_BYTES  ((size_t)WORDS_ROOM)
#define BLOCK_BYTES ((size_t)4096) /* or more */
#endif

/* The next size bytes of a piece of memory, or NULL. */
static void *
cut(char *bytes, size_t room, size_t *used, size_t size)
{
	const size_t align = _Alignof(struct word);
	const size_t at = (*used + align - 1) / align * align;

	if (at > room || size > room - at)
		return NULL;
	*used = at + size;
	return bytes + at;
}

/* Memory until words_clear(), or NULL. */
static void *
take(struct words *w, size_t size)
{
	struct words_block *b = w->blocks;
	size_t room;
	void *p;

	p = b == NULL ? cut(w->room, ROOM_BYTES, &w->used, size)
		      : cut(b->bytes, b->size, &b->used, size);
	if (p != NULL)
		return p;
	room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
	b = reallocarray(NULL, 1, sizeof(*b) + room);
	if (b == NULL)
		return NULL;
	b->next = w->blocks;
	b->used = size;
	b->size = room;
	w->blocks = b;
	return b->bytes;
}

static void
begin(struct words *w)
{
	w->list = NULL;
	w->blocks = NULL;
	w->n = w->used = 0;
}

/* Room in the list for one more: of four at first, and then of twice as many.
 */
static bool
grow(struct words *w)
{
	struct word *list;

	if (w->n != 0 && (w->n < 4 || (w->n & (w->n - 1)) != 0))
		return true;
	list = take(w, (w->n == 0 ? 4 : 2 * w->n) * sizeof(*list));
	if (list == NULL)
		return false;
	if (w->n != 0)
		memcpy(list, w->list, w->n * sizeof(*list));
	w->list = list;
	return true;
}

/*
 * Append a word, or put it in the place of another.  marks may be NULL: every
 * byte is quoted.
 */
static enum words_err
store(struct words *w, size_t at, const char *bytes, const bool *marks,
    size_t len, bool has_quotes)
{
	struct word word = { .len = len, .has_quotes = has_quotes };

	word.text = take(w, len + 1);
	word.quoted = take(w, (len + 1) * sizeof(*word.quoted));
	if (word.text == NULL || word.quoted == NULL ||
	    (at == w->n && !grow(w)))
		return WORDS_E_MEMORY;
	memcpy(word.text, bytes, len);
	word.text[len] = '\0';
	if (marks == NULL)
		memset(word.quoted, true, len * sizeof(*word.quoted));
	else
		memcpy(word.quoted, marks, len * sizeof(*marks));
	w->list[at] = word;
	w->n += at == w->n;
	return WORDS_OK;
}

static void
put(struct splitter *s, char byte, bool quoted)
{
	s->bytes[s->n] = byte;
	s->marks[s->n++] = quoted;
}

static enum words_err
take_single_quotes(struct splitter *s)
{
	size_t open = s->pos++;

	s->has_quotes = true;
	for (; s->pos < s->len; s->pos++) {
		if (s->text[s->pos] == '\0')
			return WORDS_E_NUL;
		if (s->text[s->pos] == '\'') {
			s->pos++;
			return WORDS_OK;
		}
		put(s, s->text[s->pos], true);
	}
	s->pos = open;
	return WORDS_E_QUOTE;
}

/*
 * A backslash stands for itself before all but five bytes; so the \n and \x07
 * of Go's %q stay as they are written, as they would in a shell.
 */
static void
take_escape_in_double_quotes(struct splitter *s)
{
	if (s->pos + 1 == s->len ||
	    !is_one_of(s->text[s->pos + 1], "\\\"$`\n")) {
		put(s, '\\', true);
		s->pos++;
		return;
	}
	if (s->text[s->pos + 1] != '\n') /* that one joins two lines */
		put(s, s->text[s->pos + 1], true);
	s->pos += 2;
}

static enum words_err
take_double_quotes(struct splitter *s)
{
	size_t open = s->pos++;

	s->has_quotes = true;
	while (s->pos < s->len) {
		char c = s->text[s->pos];

		if (c == '\0')
			return WORDS_E_NUL;
		if (is_one_of(c, "$`"))
			return WORDS_E_SPECIAL;
		if (c == '\\') {
			take_escape_in_double_quotes(s);
			continue;
		}
		s->pos++;
		if (c == '"')
			return WORDS_OK;
		put(s, c, true);
	}
	s->pos = open;
	return WORDS_E_QUOTE;
}

static enum words_err
take_escape(struct splitter *s)
{
	char c;

	if (s->pos + 1 == s->len)
		return WORDS_E_ESCAPE;
	c = s->text[s->pos + 1];
	if (c == '\n') /* would join two lines; no client means that */
		return WORDS_E_SPECIAL;
	if (c == '\0') {
		s->pos++;
		return WORDS_E_NUL;
	}
	put(s, c, true);
	s->pos += 2;
	return WORDS_OK;
}

/* One byte that is no blank, or all that it quotes. */
static enum words_err
take_part(struct splitter *s)
{
	char c = s->text[s->pos];

	s->inside = true;
	if (c == '\'')
		return take_single_quotes(s);
	if (c == '"')
		return take_double_quotes(s);
	if (c == '\\')
		return take_escape(s);
	if (c == '\0')
		return WORDS_E_NUL;
	if (is_one_of(c, specials))
		return WORDS_E_SPECIAL;
	put(s, c, false);
	s->pos++;
	return WORDS_OK;
}

static enum words_err
finish_word(struct splitter *s, struct words *out)
{
	enum words_err err;

	if (!s->inside)
		return WORDS_OK;
	err = store(out, out->n, s->bytes, s->marks, s->n, s->has_quotes);
	s->inside = s->has_quotes = false;
	s->n = 0;
	return err;
}

static enum words_err
split(struct splitter *s, struct words *out)
{
	enum words_err err = WORDS_OK;

	while (err == WORDS_OK && s->pos < s->len) {
		if (is_one_of(s->text[s->pos], " \t")) {
			err = finish_word(s, out);
			if (err == WORDS_OK)
				s->pos++;
		} else
			err = take_part(s);
	}
	return err == WORDS_OK ? finish_word(s, out) : err;
}

enum words_err
words_split(const char *text, size_t len, struct words *out, size_t *where)
{
	struct splitter s;
	enum words_err err;

	begin(out);
	memset(&s, 0, sizeof(s));
	s.text = text;
	s.len = len;
	if (len > WORDS_BYTES_MAX) {
		s.pos = WORDS_BYTES_MAX;
		err = WORDS_E_LONG;
		goto out;
	}
	/* A word is never longer than the text that it was written in. */
	s.bytes = take(out, len + 1);
	s.marks = take(out, (len + 1) * sizeof(*s.marks));
	if (s.bytes == NULL || s.marks == NULL)
		err = WORDS_E_MEMORY;
	else
		err = split(&s, out);
out:
	if (err != WORDS_OK) {
		words_clear(out);
		if (where != NULL)
			*where = s.pos;
	}
	return err;
}

enum words_err
words_set(struct words *w, size_t at, const char *text)
{
	return store(w, at, text, NULL, strlen(text), false);
}

enum words_err
words_from_argv(int argc, char *const argv[], struct words *out)
{
	enum words_err err = WORDS_OK;
	int i;

	begin(out);
	for (i = 0; err == WORDS_OK && i < argc; i++)
		err = words_set(out, out->n, argv[i]);
	if (err != WORDS_OK)
		words_clear(out);
	return err;
}

void
words_clear(struct words *w)
{
	struct words_block *b;

	while ((b = w->blocks) != NULL) {
		w->blocks = b->next;
		free(b);
	}
	begin(w);
}

const char *
words_strerror(enum words_err err)
{
	static const char *const texts[WORDS__COUNT] = {
		[WORDS_OK] = "no error",
		[WORDS_E_LONG] = "too long",
		[WORDS_E_QUOTE] = "a quote is not closed",
		[WORDS_E_ESCAPE] = "ends in a backslash",
		[WORDS_E_SPECIAL] =
		    "a character that only a shell understands is not quoted",
		[WORDS_E_NUL] = "holds a NUL byte",
		[WORDS_E_MEMORY] = "out of memory",
	};

	if ((size_t)err >= LENGTH(texts))
		return "unknown error";
	return texts[err];
}
