// Package phone compares phone numbers whose country is unknown.
package phone

import (
	"strings"
	"unicode"

	"github.com/highlevel-contacts/contacts-go/client/internal/ascii"
)

// ComparedDigits is the number of trailing digits that are compared if the digits before them can
// differ, as between a national number and its international form.
const ComparedDigits = 7

// Digits returns the decimal digits of a phone number of any script as ASCII, without an extension.
// An extension begins with a letter or one of # ; , after the first digit.
func Digits(number string) string {
	var digits []byte
	for _, r := range number {
		switch r = ascii.Fold(r); {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case len(digits) > 0 && (unicode.IsLetter(r) || strings.ContainsRune("#;,", r)):
			return string(digits)
		}
	}
	return string(digits)
}

// Last returns the last n digits, or all digits if there are fewer.
func Last(digits string, n int) string { return digits[max(0, len(digits)-n):] }

// Keys returns strings of which two spellings of one number share at least one. Spellings differ in
// their punctuation, prefixes and extensions. Different numbers can share a key, but rarely do.
//
// A key is the last seven digits. The national form of a short number has fewer of them, so numbers
// of at most nine digits, which is a short number with a country code, also share the last four.
func Keys(number string) []string {
	const longestShort, shortDigits = 9, 4
	digits := strings.TrimLeft(Digits(number), "0") // prefixes such as 0 and 00
	var keys []string
	if len(digits) >= ComparedDigits {
		keys = append(keys, Last(digits, ComparedDigits))
	}
	if digits != "" && len(digits) <= longestShort {
		keys = append(keys, Last(digits, shortDigits))
	}
	return keys
}
