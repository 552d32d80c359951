package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// record is a row of a file.
type record struct {
	line    int
	cells   []string
	problem string // reason why the row cannot be read; the cells are then incomplete
}

// decodeText returns the text of a file in UTF-8 and with line feeds. A byte order mark selects the
// encoding; otherwise it is that with the given name, and UTF-8 by default.
func decodeText(data []byte, encoding string) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")):
		return "", errors.New("the file is a workbook: save the sheet as CSV")
	case bytes.HasPrefix(data, []byte("%PDF")):
		return "", errors.New("the file is a PDF document: export the data as CSV")
	}
	fallback := transform.Transformer(transform.Nop)
	if encoding != "" {
		named, err := htmlindex.Get(encoding)
		if err != nil {
			named, err = ianaindex.IANA.Encoding(encoding)
		}
		if err != nil || named == nil {
			return "", fmt.Errorf("--encoding %s: unknown: use a name such as windows-1252, macintosh, IBM850 or utf-16le", encoding)
		}
		fallback = named.NewDecoder()
	}
	decoded, _, err := transform.Bytes(unicode.BOMOverride(fallback), data)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(string(decoded), "\uFEFF")
	if strings.Contains(text, "\x00") {
		return "", errors.New("the file contains zero bytes: if it is in UTF-16 without a byte order mark, pass --encoding utf-16le or utf-16be")
	}
	if !utf8.ValidString(text) {
		line := 1 + strings.Count(text[:firstInvalid(text)], "\n")
		return "", fmt.Errorf("line %d: the file is not in UTF-8: save it as UTF-8, or pass its encoding: "+
			"--encoding windows-1252 (Excel on Windows), macintosh (Excel on a Mac), or another one", line)
	}
	if !strings.Contains(text, "\n") { // as old programs on a Mac write it
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return text, nil
}

// firstInvalid returns the index of the first byte that is not valid UTF-8.
func firstInvalid(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return i
		}
	}
	return len(text)
}

// parseTable returns the header and the rows of a CSV text. It skips rows without a value. A row that
// is not well-formed has a problem, and the next line is the next row. If delimiter is 0, it is the
// most frequent of comma, semicolon and tab in the header.
func parseTable(text string, delimiter rune) (header []string, rows []record, err error) {
	first := 1
	if line, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(line, "sep=") { // written by Excel
		text, first = rest, 2
		if named, _ := utf8.DecodeRuneInString(line[len("sep="):]); delimiter == 0 && named != utf8.RuneError {
			delimiter = named
		}
	}
	if delimiter == 0 {
		delimiter = detectDelimiter(text)
	}
	p := tableParser{text: text, line: first, delimiter: delimiter}
	head, ok := p.next()
	switch {
	case !ok:
		return nil, nil, errors.New("the file is empty: the first line must name the columns")
	case head.problem != "":
		return nil, nil, fmt.Errorf("line %d: the header: %s", head.line, head.problem)
	}
	for i := range head.cells {
		head.cells[i] = trim(head.cells[i])
	}
	for len(head.cells) > 1 && head.cells[len(head.cells)-1] == "" {
		head.cells = head.cells[:len(head.cells)-1]
	}
	p.width = len(head.cells)
	for {
		row, ok := p.next()
		if !ok {
			return head.cells, rows, nil
		}
		if row.problem != "" || strings.TrimSpace(strings.Join(row.cells, "")) != "" {
			rows = append(rows, row)
		}
	}
}

// detectDelimiter returns the most frequent delimiter outside quotation marks in the first line that
// has one.
func detectDelimiter(text string) rune {
	counts, quoted := map[rune]int{}, false
	for _, r := range strings.TrimLeft(text, "\r\n") {
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[r]++
		}
	}
	delimiter := ','
	for _, r := range ";\t" {
		if counts[r] > counts[delimiter] {
			delimiter = r
		}
	}
	return delimiter
}

// tableParser reads the records of a text one after another.
type tableParser struct {
	text      string // that has not been read
	line      int    // number of the first line of text
	delimiter rune
	width     int // number of columns; 0 for the header
}

// next returns the next record, or false at the end.
func (p *tableParser) next() (record, bool) {
	for p.text != "" && (p.text[0] == '\n' || strings.HasPrefix(p.text, "\r\n")) {
		p.skip(strings.IndexByte(p.text, '\n') + 1)
	}
	if p.text == "" {
		return record{}, false
	}
	r := record{line: p.line}
	lineEnd := strings.IndexByte(p.text, '\n') + 1
	if lineEnd == 0 {
		lineEnd = len(p.text)
	}
	cells, size, err := parseRecord(p.text, p.delimiter, false)
	if errors.Is(err, io.EOF) { // only white space is left
		return record{}, false
	}
	cells = p.trimEmpty(cells)
	isWrong := func() bool { return p.width > 0 && len(cells) != p.width }
	// A quotation mark that is not closed must not make a cell of the following lines.
	if err != nil || size > lineEnd && isWrong() {
		size = lineEnd
		if cells, _, err = parseRecord(p.text[:lineEnd], p.delimiter, true); err == nil {
			cells = p.trimEmpty(cells)
		}
		if err != nil || isWrong() || p.width == 0 {
			r.problem = "a quotation mark is not closed, or is not doubled inside a quoted cell"
		}
	}
	if r.cells = cells; r.problem == "" && isWrong() {
		r.problem = fmt.Sprintf("the row has %d columns, the header has %d", len(cells), p.width)
	}
	p.skip(size)
	return r, true
}

// trimEmpty removes empty cells beyond the width of the table.
func (p *tableParser) trimEmpty(cells []string) []string {
	for p.width > 0 && len(cells) > p.width && trim(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

func (p *tableParser) skip(size int) {
	p.line += strings.Count(p.text[:size], "\n")
	p.text = p.text[size:]
}

// parseRecord returns the first record of text and its size in bytes. A lazy record can contain
// quotation marks anywhere.
func parseRecord(text string, delimiter rune, lazy bool) (cells []string, size int, err error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = delimiter, lazy, -1
	cells, err = reader.Read()
	return cells, int(reader.InputOffset()), err
}

// trim removes white space, no-break spaces and zero-width characters at both ends.
func trim(cell string) string {
	return strings.TrimFunc(cell, func(r rune) bool {
		return r <= ' ' || r == '\u00a0' || r == '\u202f' || r == '\u200b' || r == '\ufeff' || r == '\u200e' || r == '\u200f' ||
			r == '\u3000' || r >= '\u2000' && r <= '\u200a' || r == '\u202a' || r == '\u202c'
	})
}
