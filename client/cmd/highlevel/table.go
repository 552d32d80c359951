package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/ianaindex"
	utf16 "golang.org/x/text/encoding/unicode"
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
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")) {
		return "", errors.New("the file is a workbook: save the sheet as CSV")
	}
	fallback := transform.Transformer(transform.Nop)
	if encoding != "" {
		named, err := ianaindex.IANA.Encoding(encoding)
		if err != nil || named == nil {
			return "", fmt.Errorf("--encoding %s: unknown: use a name such as windows-1252, macintosh, IBM850 or utf-16le", encoding)
		}
		fallback = named.NewDecoder()
	}
	decoded, _, err := transform.Bytes(utf16.BOMOverride(fallback), data)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(string(decoded), "\uFEFF")
	if strings.Contains(text, "\x00") {
		return "", errors.New("the file contains zero bytes: if it is in UTF-16 without a byte order mark, pass --encoding utf-16le or utf-16be")
	}
	number := 0
	for line := range strings.Lines(text) {
		if number++; !utf8.ValidString(line) {
			return "", fmt.Errorf("line %d: the file is not in UTF-8: save it as UTF-8, or pass its encoding: "+
				"--encoding windows-1252 (Excel on Windows), macintosh (Excel on a Mac), or another one", number)
		}
	}
	return text, nil
}

// parseTable returns the header and the rows of a CSV text. It skips rows without a value. A row that
// is not well-formed has a problem, and the next line is the next row. The delimiter is the most
// frequent of comma, semicolon and tab in the header, or the one that a first line "sep=;" names.
func parseTable(text string) (header []string, rows []record, err error) {
	first := 1
	var delimiter rune
	if line, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(line, "sep=") { // written by Excel
		text, first = rest, 2
		delimiter, _ = utf8.DecodeRuneInString(line[len("sep="):])
	} else {
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

// detectDelimiter returns the most frequent delimiter outside quotation marks in the header.
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
	return slices.MaxFunc([]rune(",;\t"), func(a, b rune) int { return cmp.Compare(counts[a], counts[b]) })
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
	p.skip(len(p.text) - len(strings.TrimLeft(p.text, "\r\n")))
	if p.text == "" {
		return record{}, false
	}
	r := record{line: p.line}
	line := strings.SplitAfterN(p.text, "\n", 2)[0]
	cells, size, err := p.parse(p.text, false)
	// A quotation mark that is not closed must not make a cell of the following lines.
	if err != nil || size > len(line) && p.isWrong(cells) {
		cells, _, err = p.parse(line, true)
		if size = len(line); err != nil || p.isWrong(cells) || p.width == 0 {
			r.problem = "a quotation mark is not closed, or is not doubled inside a quoted cell"
		}
	}
	if r.cells = cells; r.problem == "" && p.isWrong(cells) {
		r.problem = fmt.Sprintf("the row has %d columns, the header has %d", len(cells), p.width)
	}
	p.skip(size)
	return r, true
}

func (p *tableParser) isWrong(cells []string) bool { return p.width > 0 && len(cells) != p.width }

// parse returns the first record of text, without empty cells beyond the width of the table, and its
// size in bytes. A lazy record can contain quotation marks anywhere.
func (p *tableParser) parse(text string, lazy bool) (cells []string, size int, err error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = p.delimiter, lazy, -1
	cells, err = reader.Read()
	for p.width > 0 && len(cells) > p.width && trim(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells, int(reader.InputOffset()), err
}

func (p *tableParser) skip(size int) {
	p.line += strings.Count(p.text[:size], "\n")
	p.text = p.text[size:]
}

// trim removes white space and invisible characters at both ends.
func trim(cell string) string {
	return strings.TrimFunc(cell, func(r rune) bool { return r < ' ' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}
