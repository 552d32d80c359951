package redact

import (
	"regexp"
	"strings"
)

// tokenForms match tokens, credentials and query strings. The part to redact is the first group.
var tokenForms = []*regexp.Regexp{
	// A private integration token.
	regexp.MustCompile(`(?i)(?:\b|\\[nrt])(pit-[\w-]+)`),
	// A JSON Web Token: its header is a JSON object in base64.
	regexp.MustCompile(`(?:\b|\\[nrt])(eyJ[\w.~+/=-]+)`),
	regexp.MustCompile(`(eyJ[\w.~+/=-]{8,})`),
	// A query string.
	regexp.MustCompile("\\?([\\w%&=~+.*({:/-][^ \"<>`]*)"),
	// A secret by its name. A plain word is the next word of a sentence.
	regexp.MustCompile(`(?i)\b(?:bearer|basic)[ :=]+["']?([^ "'<>,;]+)`),
	regexp.MustCompile(`(?i)(?:authorization|token|secret|password|passwd|api[_-]?key)\\?["']? ?[:=] ?\\?["']?([^ "'<>,;&]+)`),
	// A long word of letters and digits.
	regexp.MustCompile(`([\w~+=-]{40,})`),
}

// plainWord matches what looks like a word of a sentence.
var plainWord = regexp.MustCompile(`^[A-Z]?[a-z]{0,19}(?:_[a-z]{1,19})*[.:!?)]*$|^[a-z_]+=$|^` + regexp.QuoteMeta(Mask) + `$`)

// tokens returns the parts of a normalized text that look like tokens, credentials and query
// strings.
func tokens(text string) []span {
	var spans []span
	for _, form := range tokenForms {
		for _, match := range form.FindAllStringSubmatchIndex(text, -1) {
			start, end := match[2], match[3]
			found := text[start:end]
			if plainWord.MatchString(found) && text[max(0, start-1)] != '?' || len(found) >= 40 && !strings.ContainsAny(found, "0123456789") {
				continue
			}
			spans = append(spans, span{start, end})
		}
	}
	return spans
}
