package oauth

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// secretLike matches email addresses, and words of 16 characters or more that may be tokens or codes.
var secretLike = regexp.MustCompile(`[^\s"'<>]*@[^\s"'<>]+|[\w.~+/=-]{16,}`)

// plainWord matches words that are not secret, such as authorization_code or redirect_uri.
var plainWord = regexp.MustCompile(`^[a-z_.-]{1,32}$`)

// sanitize returns untrusted text as one short line, without the secrets that were sent and without words
// that look like a token or a code.
func sanitize(text string, secrets []string) string {
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
	return redact.Text(text)
}
