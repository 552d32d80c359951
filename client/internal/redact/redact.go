// Package redact removes secrets and personal data from text that ends up in errors and logs.
//
// Text from a server, a transport or a token source can quote anything: the request, a token, a
// contact. Text first undoes the usual ways of writing a character in another form, so that one
// set of rules recognizes them all. It then replaces email addresses, phone numbers, query strings
// and tokens with [Mask]. When in doubt it redacts, except for the forms that errors need to stay
// useful, such as dates, versions, IDs and IP addresses.
package redact

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Mask replaces what is redacted.
const Mask = "[redacted]"

const (
	maxText   = 300 // bytes that Text returns at most
	minSecret = 8   // a shorter secret is part of too many ordinary words
	ellipsis  = "…"
)

// Text returns untrusted text as one printable line of at most 300 bytes. It redacts email
// addresses, phone numbers, query strings, tokens, and those secrets that have at least eight
// characters. Text is idempotent.
func Text(text string, secrets ...string) string {
	text = Secrets(text, secrets...)
	normalized := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		normalized = append(normalized, normalize(secret))
	}
	text = clean(text, normalized)
	for len(text) > maxText {
		// A part of an ID can look like a phone number, so the shorter text is examined again.
		text = clean(cut(text, maxText-len(ellipsis))+ellipsis, normalized)
	}
	return text
}

// clean normalizes text and replaces everything private in it. A replacement can change what the
// text beside it looks like, so the result is examined again.
func clean(text string, secrets []string) string {
	const rounds = 4
	for range rounds {
		cleaned := maskPrivate(Secrets(normalize(text), secrets...))
		if cleaned == text {
			break
		}
		text = cleaned
	}
	return text
}

// cut returns the first runes of text that fit in size bytes.
func cut(text string, size int) string {
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	text = text[:size]
	for i := 1; i < len(Mask); i++ {
		if start, found := strings.CutSuffix(text, Mask[:i]); found {
			text = start
			break
		}
	}
	return strings.TrimRight(text, " ")
}

// span is a part of a text, from its first byte to the byte after its last.
type span struct{ start, end int }

// maskPrivate replaces everything in a normalized text that looks private.
func maskPrivate(text string) string {
	spans := slices.Concat(emails(text), phones(text), tokens(text))
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var masked strings.Builder
	end := 0
	for i, s := range spans {
		if i == 0 || s.start > end {
			masked.WriteString(text[end:s.start])
			masked.WriteString(Mask)
		}
		end = max(end, s.end)
	}
	masked.WriteString(text[end:])
	return masked.String()
}
