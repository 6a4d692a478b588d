/* Which passwords are refused. Short ones; those made of the commonest words, runs and repetitions, which is what
 * guessing programs try first; and those made of the owner's own name or address. */
#include "app/people/password.h"

#include <stdlib.h>

#define KEY_MAX (PASSWORD_BYTES_MAX + 1)

/* The words behind the commonest long passwords of published lists, after digits and signs at the ends are taken off
 * and the usual figures are read as letters. */
static const char *const common[] = {
	"password",
	"passwort",
	"passwd",
	"motdepasse",
	"contrasena",
	"welcome",
	"willkommen",
	"bienvenue",
	"qwerty",
	"qwertyuiop",
	"qwertz",
	"qwertzuiop",
	"azerty",
	"azertyuiop",
	"asdfghjkl",
	"asdfgh",
	"zxcvbnm",
	"letmein",
	"iloveyou",
	"ilovey",
	"admin",
	"administrator",
	"changeme",
	"secret",
	"sunshine",
	"princess",
	"football",
	"baseball",
	"basketball",
	"superman",
	"batman",
	"dragon",
	"monkey",
	"michael",
	"jordan",
	"liverpool",
	"chelsea",
	"arsenal",
	"barcelona",
	"pokemon",
	"master",
	"shadow",
	"trustno",
	"whatever",
	"starwars",
	"computer",
	"internet",
	"samsung",
	"google",
	"facebook",
	"linkedin",
	"mypassword",
	"newpassword",
	"yourpassword",
	"thepassword",
	"mypass",
	"testtest",
	"testing",
	"default",
	"guest",
	"login",
	"abcabc",
	"abcdefg",
	"woaini",
	"woaiwojia",
	"wodemima",
	"mima",
	"nihao",
	"zhongguo",
	"china",
	"beijing",
	"shanghai",
	"tianya",
	"dearbook",
	"aini",
	"wangyut",
	"cityhall",
	"portlinden",
	"summer",
	"winter",
	"spring",
	"autumn",
	"monday",
	"january",
	"freedom",
	"jesus",
	"blessed",
	"correcthorsebatterystaple",
	"opensesame",
	"unitedstates",
	"passwordpassword",
	"qazwsx",
	"qazwsxedc",
	"qweasd",
	"qweasdzxc",
	"iloveu",
	"forever",
	"family",
	"lovely",
	"flower",
	"cheese",
	"killer",
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* "P@ssw0rd2024!!" gives "password". */
static size_t key_of(struct str s, char out[KEY_MAX])
{
	static const char from[] = "0134578@$!|";
	static const char to[] = "oieastbasii";
	size_t first = 0;
	size_t last = s.n;
	while (first < last && !is_letter(lower(s.p[first])) && s.p[first] != '@' && s.p[first] != '$') {
		first++;
	}
	while (last > first && !is_letter(lower(s.p[last - 1]))) {
		last--;
	}
	size_t n = 0;
	for (size_t i = first; i < last; i++) {
		char c = lower(s.p[i]);
		const char *at = c != '\0' ? strchr(from, c) : NULL;
		if (at != NULL) {
			c = to[at - from];
		}
		if (is_letter(c)) {
			out[n++] = c;
		}
	}
	out[n] = '\0';
	return n;
}

static bool is_common(struct str s)
{
	char key[KEY_MAX];
	size_t n = key_of(s, key);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		struct str word = str_of(common[i]);
		if (str_eq(str_from(key, n), word)) {
			return true;
		}
		/* the word twice or three times */
		if (n > word.n && n % word.n == 0 && n / word.n <= 3) {
			bool is_same = true;
			for (size_t at = 0; is_same && at < n; at += word.n) {
				is_same = memcmp(key + at, word.p, word.n) == 0;
			}
			if (is_same) {
				return true;
			}
		}
	}
	return false;
}

/* How many characters from the start follow a row of the keyboard, the alphabet or the figures; 0 below four. */
static size_t run_length(struct str s)
{
	static const char *const rows[] = {"01234567890123456789012345678901234567890",
	                                   "abcdefghijklmnopqrstuvwxyzabcdefghijkl",
	                                   "qwertyuiopasdfghjklzxcvbnm",
	                                   "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
	                                   "1q2w3e4r5t6y7u8i9o0p",
	                                   "qazwsxedcrfvtgbyhnujmikolp"};
	size_t best = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str row = str_of(rows[i]);
		size_t n = s.n < row.n ? s.n : row.n;
		while (n >= 4 && str_find(row, str_sub(s, 0, n)) == SIZE_MAX) {
			n--;
		}
		best = n >= 4 && n > best ? n : best;
	}
	return best;
}

/* "111111111111", "abcabcabcabc", "123456789012", "mnopqrstuvwx", along the rows of a keyboard, and backwards. */
static bool is_run(struct str s)
{
	for (size_t unit = 1; unit <= 4 && unit < s.n; unit++) {
		size_t i = unit;
		while (i < s.n && s.p[i] == s.p[i - unit]) {
			i++;
		}
		if (i == s.n) {
			return true;
		}
	}
	char text[2][KEY_MAX];
	for (size_t i = 0; i < s.n; i++) {
		text[0][i] = lower(s.p[i]);
		text[1][s.n - 1 - i] = lower(s.p[i]);
	}
	for (int way = 0; way < 2; way++) {
		/* Two runs of four or more, with at most two characters left over: "qwerty123456". */
		size_t at = 0;
		for (int runs = 0; at < s.n && runs < 2; runs++) {
			at += run_length(str_from(text[way] + at, s.n - at));
		}
		if (at > 0 && s.n - at <= 2) {
			return true;
		}
	}
	return false;
}

/* Mostly the owner's own name or address: what is left without it is shorter than six. */
static bool is_made_of(struct str password, struct str what)
{
	char text[KEY_MAX];
	char own[KEY_MAX];
	size_t n = 0;
	for (size_t i = 0; i < what.n && n < sizeof(own) - 1; i++) {
		if (what.p[i] != ' ') {
			own[n++] = lower(what.p[i]);
		}
	}
	size_t text_n = 0;
	for (size_t i = 0; i < password.n; i++) {
		if (password.p[i] != ' ') {
			text[text_n++] = lower(password.p[i]);
		}
	}
	return n >= 4 && str_find(str_from(text, text_n), str_from(own, n)) != SIZE_MAX && text_n - n < 6;
}

const char *password_weakness(struct str password, struct str name, struct str email)
{
	if (str_runes(password) < PASSWORD_CHARS_MIN) {
		return N_("Make the password 12 characters or longer. Three or four words that do not belong together are easy "
		          "to remember.");
	}
	if (password.n > PASSWORD_BYTES_MAX) {
		return N_("Make the password shorter than 500 characters.");
	}
	if (is_common(password) || is_run(password)) {
		return N_("This password is one of the first that others would try. Choose words that do not belong together.");
	}
	struct str local;
	struct str domain;
	str_cut(email, '@', &local, &domain);
	if (is_made_of(password, name) || is_made_of(password, email) || is_made_of(password, local)) {
		return N_("This password is made of your own name or address. Choose words that others do not know of you.");
	}
	return NULL;
}
