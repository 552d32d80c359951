package verify

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/highlevel-contacts/contacts-go/client/internal/ascii"
	"github.com/highlevel-contacts/contacts-go/client/internal/phone"
)

func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

// sameText ignores case and the amount of white space. EqualFold also matches letters with several
// lower-case forms, such as the Greek sigma.
func sameText(a, b string) bool { return foldText(a) == foldText(b) || strings.EqualFold(a, b) }

func foldText(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// sameWebsite ignores the scheme and a trailing slash.
func sameWebsite(a, b string) bool {
	trim := func(address string) string {
		address = foldText(address)
		if _, rest, ok := strings.Cut(address, "://"); ok {
			address = rest
		}
		return strings.TrimSuffix(address, "/")
	}
	return trim(a) == trim(b)
}

// sameCountry compares two-letter codes. It returns true if one of the values is not a two-letter
// code, because a name cannot be compared with a code.
func sameCountry(sent, stored string) bool {
	sent, stored = strings.TrimSpace(sent), strings.TrimSpace(stored)
	return len(sent) != 2 || len(stored) != 2 || strings.EqualFold(sent, stored)
}

// samePhone reports whether stored may be the E.164 form of sent. It returns true for a number with
// letters or an extension, which cannot be compared by its digits.
func samePhone(sent, stored string) bool {
	sent = strings.TrimSpace(strings.Map(ascii.Fold, sent))
	if strings.ContainsFunc(sent, unicode.IsLetter) || strings.ContainsAny(sent, "#;,") {
		return true
	}
	want, have := phone.Digits(strings.ReplaceAll(sent, "(0)", "")), phone.Digits(stored)
	if want == have {
		return true
	}
	if !strings.HasPrefix(sent, "+") {
		for _, prefix := range []string{"00", "011"} {
			if number, ok := strings.CutPrefix(want, prefix); ok && number == have {
				return true
			}
		}
		return sameEnd(strings.TrimLeft(want, "0"), have)
	}
	// Mobile numbers of Mexico and Argentina can have additional digits after the country code.
	if strings.HasPrefix(want, "52") || strings.HasPrefix(want, "54") {
		return want[:2] == have[:min(2, len(have))] && sameEnd(want, have)
	}
	for i := 1; i <= 3 && i < len(want); i++ { // a trunk prefix 0 after a country code of i digits
		if want[i] == '0' && want[:i]+want[i+1:] == have {
			return true
		}
	}
	return false
}

// sameEnd reports whether the international number ends with the last digits of the national one.
func sameEnd(national, international string) bool {
	return strings.HasSuffix(international, phone.Last(national, phone.ComparedDigits))
}

var (
	yearFirst = regexp.MustCompile(`^(\d{4})[-/._](\d{1,2})[-/._](\d{1,2})$`)
	yearLast  = regexp.MustCompile(`^(\d{1,2})[-/._](\d{1,2})[-/._](\d{4})$`) // after the month and the day
)

// sameDay compares dates of birth. A time stands for the day at its own offset or in UTC. sameDay
// returns true if one of the values is not a date.
func sameDay(sent, stored string) bool {
	a, okA := parseDate(sent)
	b, okB := parseDate(stored)
	same := func(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }
	return !okA || !okB || same(a, b) || same(a.UTC(), b) || same(a, b.UTC()) || same(a.UTC(), b.UTC())
}

// parseDate returns the time of a date or a time. It returns false if text is neither.
func parseDate(text string) (t time.Time, ok bool) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true
	}
	if m := yearFirst.FindStringSubmatch(text); m != nil {
		text = m[1] + "-" + m[2] + "-" + m[3]
	} else if m := yearLast.FindStringSubmatch(text); m != nil {
		text = m[3] + "-" + m[1] + "-" + m[2]
	}
	t, err := time.Parse("2006-1-2", text)
	return t, err == nil
}
