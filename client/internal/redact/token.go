package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// tokenForms match tokens, credentials and query strings. The first group of an expression is the
// part to redact. The expression is only tried on a text that contains one of the hints in lower
// case, which is faster.
var tokenForms = []struct {
	hints      []string
	expression *regexp.Regexp
}{
	// A private integration token.
	{[]string{"pit-"}, regexp.MustCompile(`(?i)(?:\b|\\[nrt])(pit-[\w-]+)`)},
	// A JSON Web Token: its header is a JSON object in base64.
	{[]string{"eyj"}, regexp.MustCompile(`(?:\b|\\[nrt])(eyJ[\w.~+/=-]+)`)},
	{[]string{"eyj"}, regexp.MustCompile(`(eyJ[\w.~+/=-]{8,})`)},
	// A query string.
	{[]string{"?"}, regexp.MustCompile("\\?([\\w%&=~+.*({:/-][^ \"<>`]*)")},
	// A secret after its name. An ordinary word there is not a secret: see plainWord.
	{[]string{"bearer", "basic"}, regexp.MustCompile(`(?i)\b(?:bearer|basic)[ :=]+["']?([^ "'<>,;]+)`)},
	{
		[]string{"authorization", "token", "secret", "passw", "api"},
		regexp.MustCompile(`(?i)(?:authorization|token|secret|password|passwd|api[_-]?key)\\?["']? ?[:=] ?\\?["']?([^ "'<>,;&]{4,})`),
	},
	// A long word of letters and digits.
	{[]string{""}, longWord},
}

// longWord matches words that are longer than an ID.
var longWord = regexp.MustCompile(fmt.Sprintf(`([\w~+=-]{%d,})`, minLongWord))

const minLongWord = 40

// plainWord matches an ordinary word of a sentence.
var plainWord = regexp.MustCompile(`^[A-Z]?[a-z]{0,19}(?:_[a-z]{1,19})*[.:!?)…]*$|^[a-z_]+=$|^` + regexp.QuoteMeta(Mask) + `$`)

// tokens returns the parts of a normalized text that look like tokens, credentials and query
// strings.
func tokens(text string) []span {
	var spans []span
	lower := strings.ToLower(text)
	for _, form := range tokenForms {
		if form.expression == longWord && len(text) < minLongWord {
			continue
		}
		if !slices.ContainsFunc(form.hints, func(hint string) bool { return strings.Contains(lower, hint) }) {
			continue
		}
		for _, match := range form.expression.FindAllStringSubmatchIndex(text, -1) {
			start, end := match[2], match[3]
			found := text[start:end]
			if form.expression == longWord && !strings.ContainsAny(found, "0123456789") {
				continue
			}
			if text[max(0, start-1)] != '?' && plainWord.MatchString(found) {
				continue
			}
			spans = append(spans, span{start, end})
		}
	}
	return spans
}
