// Package redact keeps personal data and tokens out of errors and logs.
//
// A server's message can quote a request or a contact. [Message] therefore withholds a message that
// could contain an email address, a phone number, a query or a token, instead of masking parts of
// it. Names are not recognized.
package redact

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

const (
	// Mask replaces a value or a token.
	Mask = "[redacted]"
	// Withheld replaces a message that could contain personal data or a token.
	Withheld = "message withheld: see Error.Messages"

	maxMessage = 200 // bytes of a message that is printed
	minSecret  = 8   // bytes of a secret; a shorter one occurs in ordinary words
)

var (
	// suspicious matches spellings of an @, escapes, queries, markup and credentials.
	suspicious = regexp.MustCompile(`(?i)[@＠﹫%&=\\]|[([{] ?at ?[)\]}]|\bat\b.*\bdot\b|<[a-z/!]|\?\S` +
		`|pit-|eyJ|(?:bearer|basic|authorization|token|secret|passw\w*|api.?key)\W+\S*\d`)
	// known matches dates, IDs of contacts, UUIDs and values of the header Cf-Ray.
	known = regexp.MustCompile(`^(?:(?:19|20)\d\d-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))?` +
		`|[0-9A-Za-z]{20}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9a-f]{16}-[A-Z]{3})$`)
	// notID matches words that could be an ID of a contact, but contain a phone number.
	notID = regexp.MustCompile(`^[0-9A-Za-z]*\d{7}[0-9A-Za-z]*$`)
	// personalNumber matches a phone number, which may lack an area code, and a word that may be a token.
	personalNumber = regexp.MustCompile(`(?:\pN[^\pL\pN]*){7}|\S{32}`)
	// endsWithDigit matches a string whose last word ends with a digit.
	endsWithDigit = regexp.MustCompile(`\pN[^\pL\pN]*$`)
	// address matches a URL, whose scheme and host are its groups, and a query.
	address = regexp.MustCompile(`(?i)(\bhttps?://)(?:[^\s/?#"'@]*@)?([^\s/?#"']*)[^\s"']*|\?[^\s"']+`)
	// quoted matches what net/http quotes of a response that is not HTTP.
	quoted = regexp.MustCompile(`(malformed [A-Za-z ]*[A-Za-z]).*`)
	// personal matches tokens and email addresses.
	personal = regexp.MustCompile(`(?i)\bpit-[\w-]+|eyJ[\w.-]+|[^\s"'<>]+@[^\s"'<>]+`)
)

// Message returns a server's message unchanged, or [Withheld] if the message is not one short line,
// or could contain an email address, a phone number, a query, markup, a token or one of the secrets.
func Message(text string, secrets ...string) string {
	if isHarmless(text, secrets) {
		return text
	}
	return Withheld
}

// Value returns a value such as a path, a trace ID or a header unchanged, or [Mask] if [Message]
// would withhold it.
func Value(text string, secrets ...string) string {
	if isHarmless(text, secrets) {
		return text
	}
	return Mask
}

// Secrets returns text with [Mask] in place of each secret, also where it is escaped for a URL.
func Secrets(text string, secrets ...string) string {
	longestFirst := slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) })
	for _, secret := range longestFirst { // one secret can be the beginning of another
		if len(secret) >= minSecret {
			text = strings.NewReplacer(secret, Mask, url.QueryEscape(secret), Mask, url.PathEscape(secret), Mask).Replace(text)
		}
	}
	return text
}

// Local returns the message of an error of this machine, such as one of a connection or a file, as
// one line without the secrets. Of URLs it contains only scheme and host.
func Local(err error, secrets ...string) string {
	text := Secrets(httpx.WithoutURL(err).Error(), secrets...)
	text = quoted.ReplaceAllString(oneLine(text), "$1")
	return personal.ReplaceAllString(address.ReplaceAllString(text, "$1$2"), Mask)
}

// oneLine returns text with spaces in place of everything that is not printable.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// isHarmless reports whether text can be printed.
func isHarmless(text string, secrets []string) bool {
	isShortLine := len(text) <= maxMessage && utf8.ValidString(text) && oneLine(text) == text
	if !isShortLine || suspicious.MatchString(text) || Secrets(text, secrets...) != text {
		return false
	}
	var unknown strings.Builder
	for word := range strings.FieldsSeq(text) {
		word = strings.Trim(word, `.,;:!?'"()[]`)
		_, err := netip.ParseAddr(word)
		if isAddress := err == nil && !endsWithDigit.MatchString(unknown.String()); isAddress || isKnown(word) {
			continue // but "06 12.34.56.78" is a phone number
		}
		for part := range strings.FieldsFuncSeq(word, isDelimiter) {
			if !isKnown(part) {
				unknown.WriteString(part + " ")
			}
		}
	}
	return !personalNumber.MatchString(unknown.String())
}

// isKnown reports whether word is a date or an ID.
func isKnown(word string) bool { return known.MatchString(word) && !notID.MatchString(word) }

func isDelimiter(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '-' && r != '_'
}
