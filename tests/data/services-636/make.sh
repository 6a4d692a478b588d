#!/bin/sh
# The demonstration pack grown to 100 offices and 636 services: make.sh DIR (see README.md).
set -eu
[ $# = 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
dir=$1
mkdir -p "$dir"
cp -r "$(dirname "$0")/../../../packs/demo/." "$dir"
awk -v dir="$dir" '
BEGIN {
	n = split("skip:Skip:建筑垃圾箱|scaffold:Scaffolding:脚手架|tree:Protected tree:受保护树木|market-stall:Market stall:市场摊位|taxi:Taxi:出租车|allotment:Allotment garden:社区菜园|library-card:Library card:借书证|school-place:School place:入学名额|school-meal:School meal:学校餐|bus-pass:Bus pass:公交卡|care-home:Care home:养老院|day-nursery:Day nursery:托儿所|childminder:Childminder:保姆|foster-care:Foster care:寄养|street-party:Street party:街道聚会|street-music:Street music:街头演出|fireworks:Fireworks:烟花|pavement-cafe:Pavement cafe:露天咖啡座|shop-sign:Shop sign:店招|advertising:Advertising hoarding:广告牌|house-extension:House extension:房屋扩建|demolition:Demolition:拆除|listed-building:Listed building:文物建筑|drain:Drain connection:排水接口|water-meter:Water meter:水表|street-light:Street light:路灯|dropped-kerb:Dropped kerb:路缘坡|garage:Garage rental:车库租用|grave:Grave:墓地|cremation:Cremation:火化|boat-mooring:Boat mooring:泊位|fishing:Fishing:钓鱼|hunting:Hunting:狩猎|camping:Camp site:营地|swimming:Swimming pool:游泳池|sports-hall:Sports hall:体育馆|gambling:Gambling machine:博彩机|alcohol:Alcohol sale:酒类销售|tobacco:Tobacco sale:烟草销售|scrap-metal:Scrap metal:废金属|bulky-waste:Bulky waste:大件垃圾|garden-waste:Garden waste:园林垃圾|asbestos:Asbestos removal:石棉清除|pest:Pest control:除虫|noise:Noise at night:夜间噪声|solar:Solar panels:太阳能板|heat-pump:Heat pump:热泵|insulation:Home insulation:房屋保温|rent-subsidy:Rent subsidy:租金补贴|social-housing:Social housing:保障住房|debt-advice:Debt advice:债务咨询|volunteer:Volunteer pass:志愿者证", subjects, "|")
	m = split("permit:permit:许可:%s permit|renewal:permit renewal:续期:Renewal of the %s permit|notice:notice:备案:Notice of a %s|inspection:inspection:检查:Inspection of a %s|exemption:exemption:豁免:Exemption for a %s|grant:grant:资助:Grant for a %s|transfer:transfer:转让:Transfer of a %s|copy:copy:副本:Copy of a %s document|cancellation:cancellation:注销:Cancellation of a %s|complaint:complaint:投诉:Complaint about a %s|booking:booking:预订:Booking of a %s|register-entry:entry in the register:登记:Entry of a %s in the register", actions, "|")
	k = split("parks:Parks Office:园林局|streets:Streets Office:道路局|building:Building Office:建设局|housing:Housing Office:住房局|schools:Schools Office:教育局|care:Care Office:民政局|waste:Waste Office:环卫局|water:Water Office:水务局|culture:Culture Office:文化局", kinds, "|")
	places = "quayside:Quayside:码头区"
	file = dir "/jurisdictions.yaml"
	city = "port-linden"
	split("Northgate:北门区|Millbank:磨坊区|Saltmarsh:盐沼区|Harbour Hill:港丘区|Old Mint:旧铸区|Ferry End:渡口区|Glass Works:玻璃区|Orchard Row:果园区|Lock Side:船闸区|Rope Field:绳场区", districts, "|")
	for (d = 1; d <= 10; d++) {
		split(districts[d], name, ":")
		area[d] = "town-district-" d
		printf "  - id: %s\n    level: district\n    parent: %s\n    name:\n      en: %s\n      zh-Hans: %s\n", area[d], city, name[1], name[2] >> file
	}
	file = dir "/institutions.yaml"
	for (i = 0; i < 90; i++) {
		split(kinds[i % 9 + 1], kind, ":")
		d = int(i / 9) + 1
		split(districts[d], name, ":")
		office[i] = kind[1] "-" d
		printf "  - id: %s\n    jurisdiction: %s\n    calendar: port-linden\n    name:\n      en: %s, %s\n      zh-Hans: %s%s\n    address:\n      en: %d Long Street, %s\n      zh-Hans: %s长街%d号\n    hours:\n      en: Monday to Friday, 8:30 to 18:00\n      zh-Hans: 周一至周五8:30至18:00\n    phone: \"+99920556%04d\"\n", office[i], area[d], kind[2], name[1], name[2], kind[3], i + 1, name[1], name[2], i + 1, i + 1000 >> file
	}
	split("moving running-a-firm taxes illness driving pets marriage identity-papers disability hiring-people", events, " ")
	for (i = 0; i < 620; i++) {
		s = i % n; a = int(i / n)
		split(subjects[s + 1], subject, ":")
		split(actions[a + 1], action, ":")
		service(subject[1] "-" action[1], sprintf(action[4], subject[2]), subject[3] action[3], subject[2], subject[3], office[i % 90], events[i % 10 + 1], i)
	}
}
function both(key, indent, en, zh) {
	printf "%s%s:\n%s  en: %s\n%s  zh-Hans: %s\n", indent, key, indent, en, indent, zh > out
}
function pair(en, zh, en2, zh2) {
	printf "  - term:\n      en: %s\n      zh-Hans: %s\n    text:\n      en: %s\n      zh-Hans: %s\n", en, zh, en2, zh2 > out
}
function question(id, type, en, zh, more) {
	printf "      - id: %s\n        type: %s\n        label:\n          en: %s\n          zh-Hans: %s\n        purpose:\n          en: The law asks for it, and the office decides by it.\n          zh-Hans: 法律有要求，部门据此作出决定。\n        data: personal\n%s", id, type, en, zh, more > out
}
function service(id, en, zh, thing, thing_zh, office_id, event, i) {
	system("mkdir -p " dir "/services/" id)
	out = dir "/services/" id "/service.yaml"
	printf "format: 1\nid: %s\nversion: 1\nin_force: 2026-09-01\ninstitution: %s\naudience: %s\nlife_events: [%s]\n", id, office_id, i % 3 == 0 ? "organisations" : i % 3 == 1 ? "persons" : "both", event > out
	both("name", "", en, zh)
	both("summary", "", "You need this before you begin with a " tolower(thing) " in the town, change it or give it up. It is valid in the whole district.", "在本市开始、变更或者终止" thing_zh "之前，须先办理本事项，在全区有效。")
	both("keywords", "", tolower(thing) ", town, district, form", thing_zh " 城区 申请表")
	printf "eligibility:\n" > out
	pair("You live here or your firm is here", "您住在本市或者企业在本市", "or you are about to move here", "或者即将迁入")
	pair("You are of age", "您已成年", "or somebody who may acts for you", "或者由监护人代办")
	printf "evidence:\n  - id: plan\n    source: upload\n    name:\n      en: Plan or photo\n      zh-Hans: 平面图或者照片\n    hint:\n      en: As PDF or photo, every page\n      zh-Hans: PDF或者照片，每一页都要\n    effort:\n      days: %d\n  - id: register\n    source: registry\n    name:\n      en: Register entry\n      zh-Hans: 登记信息\n    hint:\n      en: We look it up. You do nothing.\n      zh-Hans: 由我们查询，您不用提交。\n", i % 5 > out
	printf "limits:\n  unit: working-days\n  statutory: %d\n  promised: %d\n  usual: %d\n  check: 2\nfee: none\nminutes: 12\nsteps:\n", 20 + i % 20, 10 + i % 10, 5 + i % 5 > out
	pair("You apply", "您提出申请", "About 12 minutes. You can stop at any page and go on later.", "大约12分钟。可以随时停下，以后再接着填。")
	pair("We check that everything is there", "我们核对材料是否齐全", "Within 2 working days. If something is missing we ask you once, for all of it.", "2个工作日内完成。如有缺少，一次说清。")
	pair("We decide", "我们作出决定", "With reasons. You can object within 60 days.", "说明理由。不服的，可以在60日内申请行政复议。")
	printf "law:\n" > out
	pair("Legal basis", "法律依据", "By-law of the town, section " i + 1, "本市规定第" i + 1 "条")
	both("source", "", "Invented for a test", "为测试编写")
	both("output", "", en, zh)
	both("objection", "", "You can object within 60 days after you received this decision, in writing.", "不服本决定的，可以在收到之日起60日内书面申请复议。")
	both("declaration", "", "What I wrote is complete and true.", "以上填写的内容完整、真实。")
	printf "refusal_reasons:\n  - id: incomplete\n    term:\n      en: Papers are missing\n      zh-Hans: 材料不齐\n    text:\n      en: What we asked for did not come.\n      zh-Hans: 要求补正的材料没有提交。\nretention_years: 10\npages:\n  - id: where\n    title:\n      en: Where\n      zh-Hans: 地点\n    questions:\n" > out
	question("street", "text", "In which street?", "在哪条街？", "")
	question("number", "text", "House number", "门牌号", "")
	question("begin", "date", "From which day?", "从哪一天开始？", "")
	question("days", "whole-number", "For how many days?", "共多少天？", "        min: 1\n        max: 3650\n")
	printf "  - id: what\n    title:\n      en: What\n      zh-Hans: 内容\n    questions:\n" > out
	question("kind", "one-of", "Is it new?", "是新的吗？", "        choices:\n          - id: new\n            label:\n              en: It is new\n              zh-Hans: 新办\n          - id: changed\n            label:\n              en: It changes\n              zh-Hans: 变更\n")
	question("area", "whole-number", "How large is it?", "面积有多大？", "        min: 1\n        max: 100000\n")
	question("neighbours", "yes-no", "Do the neighbours know?", "邻居知道吗？", "")
	question("words", "long-text", "What else should we know?", "还有什么要说明？", "        optional: yes\n")
	printf "  - id: papers\n    title:\n      en: Papers and how we reach you\n      zh-Hans: 材料和联系方式\n    questions:\n" > out
	question("contact", "text", "Who can we ask?", "联系人是谁？", "")
	question("phone", "phone", "Telephone", "电话", "")
	question("mail", "email", "E-mail", "电子邮件", "        optional: yes\n")
	question("plan-file", "files", "Plan or photo", "平面图或者照片", "        evidence: plan\n        files: 3\n")
	close(out)
}
'
