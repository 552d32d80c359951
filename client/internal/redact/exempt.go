package redact

import (
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Expressions for parts of a text that have many digits and are exempt from redaction.
var (
	dates = compile(
		`(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]`+timeOfDay+`(?:Z| ?[+-]\d\d:?\d\d)?)?`,
		`(?:19|20)\d\d/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01])(?: `+timeOfDay+`)?`,
		`(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|[12]\d|3[01])[./](?:19|20)\d\d(?: `+timeOfDay+`)?`,
		timeOfDay,
	)
	addresses = compile(octet + `(?:\.` + octet + `){3}(?:/\d{1,2}|:\d{1,5})?`)
	ids       = compile(
		`[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`, // UUID
		`[0-9a-f]{16}-[A-Z]{3}`,                                // Cf-Ray
	)
	versions = compile(
		`v?\d\.\d{1,2}\.\d{1,2}|v?\d{2}\.\d\.\d{1,2}|\d{2}\.\d{2}\.\d`,
		`\d{1,3}\.0\.\d{1,5}(?:\.\d{1,5})?`,
		`v\d{1,2}\.\d{1,3}\.\d{1,3}-(?:[a-z0-9]{1,8}\.)?(?:0\.)?\d{14}-[0-9a-f]{12}`, // pseudo-version of a Go module
	)
	quantities = compile(
		`(?:\d{1,7}(?:\.\d{1,9})?(?:ns|us|µs|μs|ms|s|m|h))+`,
		`\d{1,9} ?(?:ms|milliseconds?|seconds?|bytes?|requests?|contacts?)`,
		`0\.\d{1,17}`,
	)
	exempt = slices.Concat(dates, addresses, ids, versions, quantities)
)

const (
	timeOfDay = `(?:[01]\d|2[0-3]):[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?`
	octet     = `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
)

func compile(expressions ...string) []*regexp.Regexp {
	compiled := make([]*regexp.Regexp, 0, len(expressions))
	for _, expression := range expressions {
		compiled = append(compiled, regexp.MustCompile(`^(?:`+expression+`)`))
	}
	return compiled
}

// exemptAt returns the size of the match of one of the expressions at i. It returns 0 if none
// matches, or if the word or number continues after the match.
func exemptAt(text string, i int, expressions []*regexp.Regexp) int {
	if i > 0 && text[i-1] == '+' || i > 1 && isDigit(text[i]) && isJoint(text[i-1]) && isDigit(text[i-2]) {
		return 0
	}
	for _, expression := range expressions {
		if match := expression.FindString(window(text, i)); match != "" && endsWord(text, i+len(match)) {
			return len(match)
		}
	}
	return 0
}

// idAt returns the size of the ID at i, or 0. The ID of a contact is 20 letters and digits, with
// fewer consecutive digits than a phone number with its area code. Other IDs are 24 hexadecimal
// digits.
func idAt(text string, i int) int {
	const contactID, objectID, fullPhone = 20, 24, 10
	size, letters, run, longestRun, hex := 0, 0, 0, 0, true
	for size <= objectID && i+size < len(text) && isAlphanumeric(text[i+size]) {
		b := text[i+size]
		if isDigit(b) {
			run++
			longestRun = max(longestRun, run)
		} else {
			letters, run = letters+1, 0
		}
		hex = hex && isHex(b)
		size++
	}
	isID := size == contactID && letters > 0 && longestRun < fullPhone || size == objectID && hex && letters > 1
	if !isID || !endsWord(text, i+size) {
		return 0
	}
	return size
}

// endsWord reports whether no word and no number continues at i.
func endsWord(text string, i int) bool {
	next, _ := utf8.DecodeRuneInString(text[i:])
	if unicode.IsLetter(next) || unicode.IsDigit(next) || next == '_' || next == '@' {
		return false
	}
	return i+1 >= len(text) || !isJoint(text[i]) || !isDigit(text[i+1])
}

// isJoint reports whether b joins the groups of a number.
func isJoint(b byte) bool { return b == '.' || b == '-' || b == '/' }
