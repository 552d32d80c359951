package redact

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
)

// Secrets masks the secrets in text that have at least eight characters, and changes nothing else.
// It also finds secrets that are escaped for URLs, JSON or HTML.
func Secrets(text string, secrets ...string) string {
	var forms []string
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		for _, form := range spellings(secret) {
			if strings.Contains(text, form) && !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	if len(forms) == 0 {
		return text
	}
	// One secret can be the beginning of another.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, Mask)
	}
	replacer := strings.NewReplacer(pairs...)
	// Do not change existing masks, even if a secret is a part of Mask.
	parts := strings.Split(text, Mask)
	for i := range parts {
		parts[i] = replacer.Replace(parts[i])
	}
	return strings.Join(parts, Mask)
}

// spellings returns secret, and its escaped forms in URLs, JSON and HTML.
func spellings(secret string) []string {
	inQuery := url.QueryEscape(secret)
	if inQuery == secret { // secret has only letters, digits and -_.~, which are never escaped
		return []string{secret}
	}
	quoted, _ := json.Marshal(secret) // a string can always be encoded
	inJSON := string(quoted[1 : len(quoted)-1])
	return []string{secret, inQuery, url.PathEscape(secret), inJSON, strings.ReplaceAll(inJSON, "/", `\/`), html.EscapeString(secret)}
}

// Format writes [Mask], for the Format methods of types that hold secrets.
func Format(state fmt.State) {
	_, _ = state.Write([]byte(Mask))
}
