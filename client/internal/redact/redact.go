// Package redact removes secrets and personal data from text for errors and logs.
//
// A message from a server, a transport or a token source can contain parts of the request, a token
// or a contact. The function [Text] first decodes escaped characters and folds others to ASCII. It
// then replaces email addresses, phone numbers, query strings and tokens with [Mask]. In case of
// doubt it redacts, except for dates, versions, IDs and IP addresses, which make errors useful.
package redact

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Mask replaces each redacted part of a text.
const Mask = "[redacted]"

const (
	maxText   = 300 // maximum length of the result of Text in bytes
	minSecret = 8   // shorter secrets occur in ordinary words
	ellipsis  = "…"
)

// Text returns untrusted text as one printable line of at most 300 bytes. It redacts email
// addresses, phone numbers, query strings, tokens, and the secrets that have at least eight
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

// clean normalizes text and masks everything private in it. After a replacement, the rest of the
// text can match other rules, so the result is examined again.
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

// cut returns the first runes of text that fit in size bytes, without a part of Mask at the end.
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

// maskPrivate masks the email addresses, phone numbers and tokens in a normalized text.
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
