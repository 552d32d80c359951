package redact

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// minPhone is the minimum number of digits of a phone number, which may have no area code.
const minPhone = 7

// maxSeparators is the maximum number of characters that separate two groups of digits, as in
// "5) - 1".
const maxSeparators = 4

// phones returns the parts of a normalized text that look like phone numbers: groups of digits and
// separators with seven digits or more in total, which do not match exempt.
func phones(text string) []span {
	if !hasDigits(text, minPhone) {
		return nil
	}
	var spans []span
	for i := 0; i < len(text); {
		if !isAlphanumeric(text[i]) {
			i++
			continue
		}
		insideWord := followsLetter(text, i)
		if !insideWord && (i == 0 || !isDigit(text[i-1])) {
			if size := max(idAt(text, i), exemptAt(text, i, exempt)); size > 0 {
				i += size
				continue
			}
		}
		if !isDigit(text[i]) {
			i++
			continue
		}
		first := i
		for first < len(text) && isDigit(text[first]) {
			first++
		}
		if insideWord && first-i < minPhone { // the end of an ID
			i = first
			continue
		}
		digits, end := number(text, i)
		if digits >= minPhone {
			found := wholeNumber(text, span{i, end})
			spans = append(spans, found)
			end = found.end
		}
		i = end
	}
	return spans
}

// hasDigits reports whether text has at least count digits.
func hasDigits(text string, count int) bool {
	for i := 0; i < len(text) && count > 0; i++ {
		if isDigit(text[i]) {
			count--
		}
	}
	return count <= 0
}

// number returns the number of digits and the end of the number that starts at start.
func number(text string, start int) (digits, end int) {
	international := start > 0 && text[start-1] == '+'
	for i := start; ; {
		group := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		digits, end = digits+i-group, i
		next := i
		for range maxSeparators {
			next += separator(text, next)
		}
		if next == end || next == len(text) || !isDigit(text[next]) {
			return digits, end
		}
		if !international && text[next-1] == ' ' {
			if exemptAt(text, next, dates) > 0 { // as in "5551234567 2024-01-31"
				return digits, end
			}
			// As in "503 192.0.2.1".
			isStatus := end-start == 3 && text[start] >= '1' && text[start] <= '5'
			if isStatus && exemptAt(text, next, addresses) > 0 {
				return digits, end
			}
		}
		i = next
	}
}

// separator returns the size of the separator at i, or 0.
func separator(text string, i int) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == '\\' && i+1 < len(text) && strings.IndexByte("nrt", text[i+1]) >= 0:
		return 2
	case strings.IndexByte(" ()[].-/\\_'*", text[i]) >= 0:
		return 1
	}
	return 0
}

// extension matches the extension after a phone number, as in "ext. 12".
var extension = regexp.MustCompile(`(?i)^ ?(?:[;,]? ?ext(?:ension|n)?[.:=]? ?|x\.? ?|# ?)\d{1,6}`)

// wholeNumber extends the span of a phone number to its prefix, parentheses and extension.
func wholeNumber(text string, s span) span {
	for s.start > 0 && (text[s.start-1] == '+' || text[s.start-1] == '(') {
		s.start--
	}
	if s.end < len(text) && text[s.end] == ')' && strings.Count(text[s.start:s.end], "(") > strings.Count(text[s.start:s.end], ")") {
		s.end++
	}
	s.end += len(extension.FindString(window(text, s.end)))
	return s
}

// phoneWords are words that are written directly before a number.
var phoneWords = []string{"tel", "telephone", "phone", "fax", "mobile", "cell", "call", "sms", "ph", "t", "p", "m", "f"}

// followsLetter reports whether the character before i is a letter that belongs to the same word.
func followsLetter(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	if !unicode.IsLetter(before) && before != '_' {
		return false
	}
	if i >= 2 && text[i-2] == '\\' && strings.IndexByte("nrt", text[i-1]) >= 0 {
		return false
	}
	start := i
	for start > 0 && i-start <= len("telephone") && isAlphanumeric(text[start-1]) && !isDigit(text[start-1]) {
		start--
	}
	for _, word := range phoneWords {
		if strings.EqualFold(text[start:i], word) {
			return false
		}
	}
	return true
}

func isAlphanumeric(b byte) bool {
	return isDigit(b) || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// window returns the beginning of text[i:], which is long enough for the expressions.
func window(text string, i int) string {
	const size = 80
	return text[i:min(len(text), i+size)]
}
