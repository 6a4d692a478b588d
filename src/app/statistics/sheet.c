#include "app/statistics/sheet.h"

#include "os/file.h"

enum { LINE_MAX = 1 << 20, OUT_MAX = 1 << 22, WRITE_AT = 1 << 16, EXCEL_OF_1970 = 25569 };

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN_NS "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE_NS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define TYPE_OF "application/vnd.openxmlformats-officedocument.spreadsheetml."

static const struct {
	struct str path, text;
} parts[] = {
	{STR_INIT("[Content_Types].xml"),
     STR_INIT(XML
              "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
              "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
              "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
              "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPE_OF "sheet.main+xml\"/>"
              "<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPE_OF "styles+xml\"/>"
              "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" TYPE_OF "worksheet+xml\"/></Types>")},
	{STR_INIT("_rels/.rels"),
     STR_INIT(XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
                  "<Relationship Id=\"rId1\" Type=\"" OFFICE_NS "/officeDocument\" Target=\"xl/workbook.xml\"/>"
                  "</Relationships>")},
	{STR_INIT("xl/workbook.xml"),
     STR_INIT(XML "<workbook xmlns=\"" MAIN_NS "\" xmlns:r=\"" OFFICE_NS "\"><sheets>"
                  "<sheet name=\"cases\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>")},
	{STR_INIT("xl/_rels/workbook.xml.rels"),
     STR_INIT(XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
                  "<Relationship Id=\"rId1\" Type=\"" OFFICE_NS "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
                  "<Relationship Id=\"rId2\" Type=\"" OFFICE_NS "/styles\" Target=\"styles.xml\"/></Relationships>")},
	/* Style 1 is a day. Every part that a style names is spelt out, with the two fills that come first: readers refuse
     * a workbook without them (openpyxl), or mend it before they show it. */
	{STR_INIT("xl/styles.xml"),
     STR_INIT(
		 XML
		 "<styleSheet xmlns=\"" MAIN_NS
		 "\"><fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
		 "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>"
		 "<fill><patternFill patternType=\"gray125\"/></fill></fills>"
		 "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
		 "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>"
		 "<cellXfs count=\"2\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
		 "<xf numFmtId=\"14\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs>"
		 "<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>")},
};

static void write_away(struct sheet *s, size_t least)
{
	struct err e;
	if (s->out.n < least || s->failed) {
		return;
	}
	if (s->out.failed || !file_write_all(&file_layer_real, s->fd, buf_str(&s->out), &e)) {
		s->failed = true;
		return;
	}
	s->bytes += (int64_t)s->out.n;
	if (s->form == SHEET_XLSX) {
		zip_taken(&s->zip);
	} else {
		buf_reset(&s->out);
	}
}

void sheet_begin(struct sheet *s, enum sheet_form form, int fd)
{
	*s = (struct sheet){.form = form, .fd = fd};
	buf_init(&s->line, LINE_MAX);
	buf_init(&s->out, OUT_MAX);
	if (form == SHEET_CSV) {
		buf_put(&s->out, STR("\xef\xbb\xbf")); /* spreadsheets take it for UTF-8 by this alone */
		return;
	}
	zip_begin(&s->zip, &s->out);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		zip_put(&s->zip, parts[i].path, parts[i].text);
	}
	zip_open(&s->zip, STR("xl/worksheets/sheet1.xml"));
	zip_add(&s->zip, STR(XML "<worksheet xmlns=\"" MAIN_NS "\"><sheetData>"));
}

static void put_csv(struct buf *b, struct str text)
{
	bool is_plain = true;
	for (size_t i = 0; i < text.n && is_plain; i++) {
		is_plain = text.p[i] != '"' && text.p[i] != ',' && text.p[i] != '\n' && text.p[i] != '\r';
	}
	bool is_formula = text.n > 0 && memchr("=+-@\t", text.p[0], 5) != NULL;
	if (is_plain && !is_formula) {
		buf_put(b, text);
		return;
	}
	buf_put_byte(b, '"');
	buf_put(b, is_formula ? STR("'") : STR_EMPTY);
	for (size_t i = 0; i < text.n; i++) {
		buf_put(b, text.p[i] == '"' ? STR("\"\"") : str_sub(text, i, 1));
	}
	buf_put_byte(b, '"');
}

static void put_xml(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '<' || c == '&' || c == '>') {
			buf_put(b, c == '<' ? STR("&lt;") : c == '>' ? STR("&gt;") : STR("&amp;"));
		} else if ((unsigned char)c >= ' ') {
			buf_put_byte(b, c);
		}
	}
}

static void begin_cell(struct sheet *s)
{
	if (s->form == SHEET_CSV && s->column > 0) {
		buf_put_byte(&s->line, ',');
	}
	if (s->form == SHEET_XLSX && s->column == 0) {
		buf_put(&s->line, STR("<row>"));
	}
	s->column++;
}

void sheet_text(struct sheet *s, struct str text)
{
	begin_cell(s);
	if (s->form == SHEET_CSV) {
		put_csv(&s->line, text);
		return;
	}
	buf_put(&s->line, STR("<c t=\"inlineStr\"><is><t>"));
	put_xml(&s->line, text);
	buf_put(&s->line, STR("</t></is></c>"));
}

void sheet_number(struct sheet *s, int64_t n)
{
	begin_cell(s);
	buf_put(&s->line, s->form == SHEET_XLSX ? STR("<c><v>") : STR_EMPTY);
	buf_put_i64(&s->line, n);
	buf_put(&s->line, s->form == SHEET_XLSX ? STR("</v></c>") : STR_EMPTY);
}

void sheet_day(struct sheet *s, day_number day)
{
	char iso[11];
	begin_cell(s);
	if (s->form == SHEET_XLSX) {
		buf_put(&s->line, day ? STR("<c s=\"1\"><v>") : STR("<c/>"));
		if (day) {
			buf_put_i64(&s->line, (int64_t)day + EXCEL_OF_1970);
			buf_put(&s->line, STR("</v></c>"));
		}
	} else if (day) {
		date_format(day, iso);
		buf_put(&s->line, str_of(iso));
	}
}

void sheet_line_end(struct sheet *s)
{
	s->column = 0;
	s->lines++;
	s->failed = s->failed || s->line.failed;
	if (s->form == SHEET_XLSX) {
		buf_put(&s->line, STR("</row>"));
		zip_add(&s->zip, buf_str(&s->line));
	} else {
		buf_put(&s->line, STR("\r\n"));
		buf_put(&s->out, buf_str(&s->line));
	}
	buf_reset(&s->line);
	write_away(s, WRITE_AT);
}

bool sheet_end(struct sheet *s, struct err *e)
{
	bool ok = true;
	if (s->form == SHEET_XLSX) {
		zip_add(&s->zip, STR("</sheetData></worksheet>"));
		zip_close(&s->zip);
		write_away(s, 1);
		ok = zip_end(&s->zip, e);
		s->form = SHEET_CSV; /* nothing more of a zip */
	}
	write_away(s, 1);
	ok = ok && (!s->failed || err_set(e, ERR_IO, "a file of figures could not be written"));
	buf_release(&s->line);
	buf_release(&s->out);
	return ok;
}
