package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestDecodeText(t *testing.T) {
	t.Parallel()
	const text = "\"First Name\",Email\nJürgen,j@example.com\n"
	encode := func(e encoding.Encoding) string {
		encoded, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	latin, wide := encode(charmap.Windows1252), encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM))
	for _, tt := range []struct{ name, data, encoding, problem string }{
		{name: "UTF-8", data: text},
		{name: "UTF-8 with byte order mark before a quoted header", data: "\uFEFF" + text},
		{name: "UTF-16LE", data: encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))},
		{name: "UTF-16BE", data: encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM))},
		{name: "windows-1252", data: latin, encoding: "windows-1252"},
		{name: "byte order mark wins", data: "\uFEFF" + text, encoding: "windows-1252"},
		{name: "IBM850", data: encode(charmap.CodePage850), encoding: "IBM850"},
		{name: "macintosh", data: encode(charmap.Macintosh), encoding: "macintosh"},
		{name: "UTF-16 without byte order mark", data: wide, encoding: "utf-16le"},
		{name: "windows-1252 without flag", data: latin, problem: "line 2: the file is not in UTF-8"},
		{name: "UTF-16 without flag", data: wide, problem: "utf-16le"},
		{name: "unknown name", data: latin, encoding: "nonsense", problem: "--encoding nonsense: unknown"},
		{name: "workbook", data: "PK\x03\x04", problem: "the file is a workbook"},
	} {
		got, err := decodeText([]byte(tt.data), tt.encoding)
		if tt.problem == "" && (err != nil || got != text) || tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) {
			t.Errorf("%s: got %q, %v, want the text, or the error %q", tt.name, got, err, tt.problem)
		}
	}
}

func TestParseColumns(t *testing.T) {
	t.Parallel()
	definitions := slices.Concat(sampleDefinitions, client.CustomFieldDefinitions{{ID: "list", Name: "List", DataType: "TEXTBOX_LIST"}})
	for _, tt := range []struct {
		header, mapping string
		want            string // the names of the properties, or the problem
	}{
		{"Email,Phone,Mobile", "", `column 3, "Mobile": column "Phone" is imported as phone too`},
		{"Email,Email", "", `column 2, "Email": column "Email" is imported as email too`},
		{"Email,Email", "#2=-", "email"},
		{"Email,Email", "#3=-", "the file has no such column"},
		{"Email,Email", "Email=-", "use a number, such as #1"},
		{"Email,Shoes", "", `column 2, "Shoes": neither a property nor a custom field`},
		{"Email,Shoes", "Shoes=shoe_size", "email custom:num"},
		{"E-Mail,Shoe size,contact.day,txt", "", "email custom:num custom:day custom:txt"},
		{"Email,Shoe size,shoe_size", "", "is imported as custom:num too"},
		{"E-Mail,Town", "", "ambiguous: city or custom:town"},
		{"E-Mail,Town", "Town=custom:town", "email custom:town"},
		{"E-Mail,Twice", "", "ambiguous: custom:one or custom:two"},
		{"Email,Name,First Name", "", `column "Name": the first and last name have columns too`},
		{"Email", "Shoes=-", "the file has no such column"},
		{"Email,,Phone", "", "the header is empty"},
		{"Email", "Email", "want COLUMN=TARGET"},
		{"ada@example.com,Ada", "", "the first line contains values"},
		{"(415) 555-0100,Ada", "", "the first line contains values"},
		{"id,Phone,dateAdded,List,Country", "", "country phone"},
	} {
		var mappings []string
		if tt.mapping != "" {
			mappings = []string{tt.mapping}
		}
		columns, _, err := parseColumns(strings.Split(tt.header, ","), mappings, definitions, modeUpsert)
		var names []string
		for _, c := range columns {
			names = append(names, c.name)
		}
		if got := fmt.Sprint(strings.Join(names, " "), err); !strings.Contains(got, tt.want) || err == nil && got != tt.want+"<nil>" {
			t.Errorf("%s, %s: got %s, want %s", tt.header, tt.mapping, got, tt.want)
		}
	}
	if _, _, err := parseColumns([]string{"Gender"}, nil, nil, modeUpdate); err == nil || !strings.Contains(err.Error(), "does not change the gender") {
		t.Errorf("gender of an update: got %v, want an error", err)
	}
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string // line, cells, and problem of each row
	}{
		{"semicolons", "a;b\n1;2\n", []string{"2 [1 2] "}},
		{"tabs", "a\tb\n1,5\t2;5\n", []string{"2 [1,5 2;5] "}},
		{"delimiter in a quoted header", "\"a,b,c\";d\n1;2\n", []string{"2 [1 2] "}},
		{"line break in a quoted header", "\"a,\nb,,\";c;d\n1;2;3\n", []string{"3 [1 2 3] "}},
		{"one column", "a\n1\n\n2", []string{"2 [1] ", "4 [2] "}},
		{"named delimiter", "sep=|\r\na|b,c,d\r\n1|2\r\n", []string{"3 [1 2] "}},
		{"blank rows", "a,b\n,\n , \n1,2\n", []string{"4 [1 2] "}},
		{"line break in a cell", "a,b\n\"1\n2\",3\n4,5\n", []string{"2 [1\n2 3] ", "4 [4 5] "}},
		{"bare quote", "a,b\n5\" disk,x\n1,2\n", []string{"2 [5\" disk x] ", "3 [1 2] "}},
		{"quoted word in a quoted cell", "a,b\n\"a \"b\" c\",x\n", []string{"2 [a \"b\" c x] "}},
		{"quote that is not closed", "a,b\n\"1,2\n3,4\n5,6\n", []string{"2 [1,2\n] a quotation", "3 [3 4] ", "4 [5 6] "}},
		{"quote that is closed in a later row", "a,b,c\n\"1,2,3\n4,5\",6\n7,8,9\n", []string{"2 [1,2,3\n] a quotation", "3 [4 5\" 6] ", "4 [7 8 9] "}},
		{"number of cells", "a,b\n1\n1,2,3\n1,2,,\n", []string{"2 [1] the row has 1", "3 [1 2 3] the row has 3", "4 [1 2] "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, rows, err := parseTable(tt.text)
			var got []string
			for _, r := range rows {
				got = append(got, fmt.Sprint(r.line, " ", r.cells, " ", r.problem))
			}
			if err != nil || !slices.EqualFunc(got, tt.want, func(a, b string) bool { return a == b || strings.HasPrefix(a, b) && !strings.HasSuffix(b, " ") }) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	for _, text := range []string{"", "\n\n", "\"a\n1\n", " \r"} {
		if header, _, err := parseTable(text); err == nil && len(header) > 0 && header[0] != "" {
			t.Errorf("%q: got the header %q, want an error", text, header)
		}
	}
}

// Every line of a file is in a row, whatever the file contains, and no row has the wrong number of
// cells without a problem.
func FuzzParseTable(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a;b\n\"1\n;2\n\"", "sep=;\na;b\n", "a\r\n\"\r", "\"\"\"", "a,b\n\"x\" y,2\n3,4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text, err := decodeText([]byte(text), "")
		if err != nil {
			return
		}
		header, rows, err := parseTable(text)
		if err != nil {
			return
		}
		line := 0
		for _, r := range rows {
			if r.line <= line || r.problem == "" && len(r.cells) != len(header) {
				t.Errorf("got %+v after line %d, with %d columns", r, line, len(header))
			}
			line = r.line
		}
	})
}

func FuzzCells(f *testing.F) {
	for _, seed := range []string{"+1 415", "a@b", "Ada", "van der", "[\"a\"]", "1.234,5", "31.12.1980", "tags contains vip", "a = 'b' or", `"Shoe size" >= 4`, "= ="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		im := &importer{dateLayout: "2.1.2006", decimal: ","}
		number, err := parsePhone(cell, "DE")
		if err == nil && !e164.MatchString(number) {
			t.Errorf("got the number %q", number)
		}
		_, _ = new(row).email(cell) // the following must not panic
		_, _ = parseExpression(cell, sampleDefinitions)
		_, _ = im.parseDate(cell)
		_, _ = countryCode(cell)
		_ = im.parseNumber(cell)
		splitName(trim(cell))
		if list, err := splitList(cell, ""); err == nil && checkCell(cell) == nil {
			if again, err := splitList(joinList(list), ""); err != nil || !slices.Equal(again, list) {
				t.Errorf("got %q, %v, want %q", again, err, list)
			}
		}
	})
}

func TestProgress_Line(t *testing.T) {
	t.Parallel()
	p := &progress{unit: "rows", first: 100}
	for want, done := range map[string]int{"100 of 400 rows": 100, "200 of 400 rows, 20s left": 200, "400 of 400 rows": 400} {
		if got := p.line(done, 400, 10*time.Second); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
