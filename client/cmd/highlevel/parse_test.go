package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseTable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string // line, cells, and problem of each row
	}{
		{"semicolons", "a;b\n1;2\n", []string{"2 [1 2] "}},
		{"tabs", "a\tb\n1,5\t2;5\n", []string{"2 [1,5 2;5] "}},
		{"delimiter in a quoted header", "\"a,b,c\";d\n1;2\n", []string{"2 [1 2] "}},
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

func FuzzParseExpression(f *testing.F) {
	for _, seed := range []string{"tags contains vip", "a = 'b' or", `"Shoe size" >= 4`, "not", "= ="} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, expression string) {
		_, _ = parseExpression(expression, sampleDefinitions) // must not panic
	})
}

func FuzzCells(f *testing.F) {
	for _, seed := range []string{"+1 415", "a@b", "Ada", "van der", "[\"a\"]", "1.234,5", "31.12.1980"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		im := &importer{dateLayout: "2.1.2006", decimal: ","}
		number, err := parsePhone(cell, "DE")
		if err == nil && !e164.MatchString(number) {
			t.Errorf("got the number %q", number)
		}
		_, _ = new(row).email(cell)
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
