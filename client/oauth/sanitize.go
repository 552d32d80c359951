package oauth

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// secretLike matches e-mail addresses, and words of sixteen characters or more, of those that tokens and codes are made of.
var secretLike = regexp.MustCompile(`[^\s"'<>]*@[^\s"'<>]+|[\w.~+/=-]{16,}`)

// plainWord matches what secretLike would take for a secret and is none, such as authorization_code or redirect_uri.
var plainWord = regexp.MustCompile(`^[a-z_.-]{1,32}$`)

// sanitize makes a text of the server fit to print: one line, short, without the secrets that were sent and without anything
// that looks like one.
func sanitize(text string, secrets []string) string {
	const longest = 300
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, redacted)
		}
	}
	text = secretLike.ReplaceAllStringFunc(text, func(word string) string {
		if plainWord.MatchString(word) {
			return word
		}
		return redacted
	})
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
