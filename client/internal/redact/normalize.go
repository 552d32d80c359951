package redact

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/highlevel-contacts/contacts-go/client/internal/ascii"
)

// normalize returns text as one printable line: it decodes escapes, folds digits and full-width
// characters to ASCII, replaces white space by a single space, and removes invisible characters. It
// reads bytes that are not valid UTF-8 as Latin-1.
//
// Escapes can be nested, as in "%2540" or "&amp;#64;", so a decoded character may complete another
// escape. The result contains no escape that normalize decodes. The running time is linear.
func normalize(text string) string {
	n := normalizer{out: make([]byte, 0, len(text))}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			r = rune(text[i])
		}
		n.add(r)
		i += size
	}
	return strings.TrimSuffix(string(n.out), " ")
}

// normalizer appends one character at a time to out, and decodes an escape as soon as out ends
// with it.
type normalizer struct{ out []byte }

func (n *normalizer) add(r rune) {
	r, visible := plain(r)
	if !visible {
		return
	}
	for n.endNumericEntity(r) {
	}
	if r == ' ' && (len(n.out) == 0 || n.out[len(n.out)-1] == ' ') {
		return
	}
	n.out = utf8.AppendRune(n.out, r)
	switch {
	case r == ';':
		n.decodeEntity()
	case r == '\\' || r == '/' || r == '"' || r == '\'':
		if before := len(n.out) - 2; before >= 0 && n.out[before] == '\\' {
			n.replace(2, r)
		}
	case r < utf8.RuneSelf && isHex(byte(r)): //nolint:gosec // r is below 0x80
		n.decodeHex()
	}
}

// replace replaces the last size bytes of out with r.
func (n *normalizer) replace(size int, r rune) {
	n.out = n.out[:len(n.out)-size]
	n.add(r)
}

// maxEntity is the length of the longest character reference that is decoded.
const maxEntity = 12

// decodeEntity decodes an HTML character reference at the end of out.
func (n *normalizer) decodeEntity() {
	tail := n.out[max(0, len(n.out)-maxEntity):]
	for i, c := range slices.Backward(tail) {
		if c != '&' {
			continue
		}
		entity := string(tail[i:])
		decoded := html.UnescapeString(entity)
		if decoded == entity || strings.HasSuffix(decoded, ";") && decoded != ";" {
			return
		}
		n.out = n.out[:len(n.out)-len(entity)]
		for _, r := range decoded {
			n.add(r)
		}
		return
	}
}

// endNumericEntity decodes a numeric character reference at the end of out that has no semicolon,
// if next does not continue it. It reports whether it decoded one.
func (n *normalizer) endNumericEntity(next rune) bool {
	if next == ';' || next == '#' || next < utf8.RuneSelf && (isDigit(byte(next)) || next == 'x' || next == 'X') { //nolint:gosec // next is below 0x80
		return false
	}
	start := len(n.out)
	for start > 0 && len(n.out)-start < maxEntity && isHex(n.out[start-1]) {
		start--
	}
	digits, base := string(n.out[start:]), 10
	if start > 0 && (n.out[start-1] == 'x' || n.out[start-1] == 'X') {
		base = 16
		start--
		if next < utf8.RuneSelf && isHex(byte(next)) { //nolint:gosec // next is below 0x80
			return false
		}
	}
	if digits == "" || start < 2 || n.out[start-1] != '#' || n.out[start-2] != '&' {
		return false
	}
	value, err := strconv.ParseUint(digits, base, 32)
	if err != nil || value > unicode.MaxRune {
		return false
	}
	n.replace(len(n.out)-start+2, rune(value))
	return true
}

// decodeHex decodes an escape that ends with hexadecimal digits: %40, \x40, \u0040 or %u0040.
func (n *normalizer) decodeHex() {
	if unit, ok := n.unicodeEscape(len(n.out)); ok {
		high, pair := n.unicodeEscape(len(n.out) - 6)
		switch {
		case !utf16.IsSurrogate(unit):
			n.replace(6, unit)
		case pair && utf16.DecodeRune(high, unit) != unicode.ReplacementChar:
			n.replace(12, utf16.DecodeRune(high, unit))
		}
		return
	}
	// A character in UTF-8 is up to four escaped bytes.
	var encoded []byte
	start := len(n.out)
	for range utf8.UTFMax {
		b, size := n.byteEscape(start)
		if size == 0 {
			break
		}
		start -= size
		encoded = append([]byte{b}, encoded...)
		if r, length := utf8.DecodeRune(encoded); r != utf8.RuneError && length == len(encoded) {
			if n.out[start] == '\\' && unicode.IsControl(r) && !unicode.IsSpace(r) {
				return // "invalid character '\x1f'" is an error of package json
			}
			n.replace(len(n.out)-start, r)
			return
		}
	}
	const noBreakSpace = 0xA0
	if len(encoded) > 0 && encoded[len(encoded)-1] == noBreakSpace { // in Latin-1
		_, size := n.byteEscape(len(n.out))
		n.replace(size, ' ')
	}
}

// unicodeEscape decodes the \u0040 or %u0040 that ends at end.
func (n *normalizer) unicodeEscape(end int) (rune, bool) {
	if end < 6 || n.out[end-6] != '\\' && n.out[end-6] != '%' || n.out[end-5] != 'u' {
		return 0, false
	}
	value, err := strconv.ParseUint(string(n.out[end-4:end]), 16, 16)
	return rune(value), err == nil
}

// byteEscape decodes the %40 or \x40 that ends at end and returns its size, or 0.
func (n *normalizer) byteEscape(end int) (value byte, size int) {
	switch {
	case end >= 3 && n.out[end-3] == '%':
		size = 3
	case end >= 4 && n.out[end-4] == '\\' && n.out[end-3] == 'x':
		size = 4
	default:
		return 0, 0
	}
	parsed, err := strconv.ParseUint(string(n.out[end-2:end]), 16, 8)
	if err != nil {
		return 0, 0
	}
	return byte(parsed), size
}

// plain returns the normal form of r, and reports whether r is visible.
func plain(r rune) (rune, bool) {
	switch {
	case r < utf8.RuneSelf && unicode.IsPrint(r):
		return r, true
	case unicode.IsSpace(r) || unicode.In(r, unicode.Z):
		return ' ', true
	case ascii.Fold(r) != r:
		return ascii.Fold(r), true
	case unicode.Is(unicode.Pd, r) || r == '−' || r == '⁃':
		return '-', true
	case unicode.Is(unicode.Variation_Selector, r) || r == '\u20E3' || !unicode.IsPrint(r):
		return 0, false
	}
	switch r {
	case '﹫':
		return '@', true
	case '’', '‘', 'ʼ', '′':
		return '\'', true
	case '“', '”':
		return '"', true
	case '·', '•', '‧', '∙', '⋅', '․', '。', '｡':
		return '.', true
	case '⁄', '∕':
		return '/', true
	case '⁺', '﹢', '➕':
		return '+', true
	}
	return r, true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isHex(b byte) bool {
	return isDigit(b) || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}
