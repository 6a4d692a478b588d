#include "app/authoring/skeleton.h"

#include "base/buf.h"

/* Every key that is needed, and the commonest of the others behind a "#". */
static const char skeleton[] =
	"# docs/service-author.md says what each line is for. A line that begins with # is not read.\n"
	"format: 1\n"
	"id: %.*s\n"
	"version: 1\n"
	"in_force: %s\n"
	"institution: %.*s\n"
	"audience: persons            # persons, organisations or both\n"
	"life_events: []              # ids of pack.yaml, such as [moving, child]\n"
	"name:\n"
	"  en: To be written\n"
	"  zh-Hans: 待填写\n"
	"summary:\n"
	"  en: To be written\n"
	"  zh-Hans: 待填写\n"
	"#keywords:\n"
	"#  en: other words that people search by\n"
	"#  zh-Hans: 人们会用的其他说法\n"
	"eligibility:\n"
	"  - term:\n"
	"      en: To be written\n"
	"      zh-Hans: 待填写\n"
	"evidence:\n"
	"  - id: identity\n"
	"    source: registry         # registry, upload or declaration\n"
	"    name:\n"
	"      en: Your name and address\n"
	"      zh-Hans: 您的姓名和住址\n"
	"    hint:\n"
	"      en: We look them up.\n"
	"      zh-Hans: 由我们查询。\n"
	"limits:\n"
	"  unit: working-days\n"
	"  statutory: 20              # the law\n"
	"  promised: 10               # yours, not longer\n"
	"fee: none\n"
	"minutes: 5                   # to fill it in\n"
	"steps:\n"
	"  - term:\n"
	"      en: You apply\n"
	"      zh-Hans: 提交申请\n"
	"    text:\n"
	"      en: Here, or at the counter.\n"
	"      zh-Hans: 在线提交，或者到窗口办理。\n"
	"law:\n"
	"  - term:\n"
	"      en: Legal basis\n"
	"      zh-Hans: 法律依据\n"
	"    text:\n"
	"      en: To be written\n"
	"      zh-Hans: 待填写\n"
	"source:\n"
	"  en: To be written\n"
	"  zh-Hans: 待填写\n"
	"output:\n"
	"  en: To be written\n"
	"  zh-Hans: 待填写\n"
	"objection:\n"
	"  en: To be written\n"
	"  zh-Hans: 待填写\n"
	"declaration:\n"
	"  en: I have told all of it as it is.\n"
	"  zh-Hans: 本人所填内容属实。\n"
	"refusal_reasons:\n"
	"  - id: conditions\n"
	"    term:\n"
	"      en: A condition is not met\n"
	"      zh-Hans: 不符合条件\n"
	"    text:\n"
	"      en: A condition that the law sets is not met.\n"
	"      zh-Hans: 不符合法定条件。\n"
	"retention_years: 10\n"
	"pages:\n"
	"  - id: contact\n"
	"    title:\n"
	"      en: How we reach you\n"
	"      zh-Hans: 联系方式\n"
	"    questions:\n"
	"      - id: contact-phone\n"
	"        type: phone\n"
	"        label:\n"
	"          en: Telephone\n"
	"          zh-Hans: 电话\n"
	"        purpose:\n"
	"          en: We call when something is unclear.\n"
	"          zh-Hans: 有疑问时与您联系。\n"
	"        data: personal         # public, internal, personal, identity or health\n"
	"        autocomplete: tel\n";

/* A pack without Chinese has no place for it. */
static struct str without_chinese(struct arena *a, struct str text)
{
	struct buf b;
	struct str line;
	buf_init(&b, 64 * 1024);
	while (str_next(&text, '\n', &line)) {
		if (line.n > 0 && str_find(line, STR("zh-Hans:")) == SIZE_MAX) {
			buf_put(&b, line);
			buf_put_byte(&b, '\n');
		}
	}
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str service_skeleton(struct arena *a, struct str id, struct str institution, day_number from, bool has_chinese)
{
	char day[11];
	date_format(from, day);
	struct str text = arena_printf(a, skeleton, STR_ARG(id), day, STR_ARG(institution));
	return has_chinese ? text : without_chinese(a, text);
}
