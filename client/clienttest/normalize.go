package clienttest

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// normalTags returns tags trimmed, in lower case, and without empty and repeated ones.
func normalTags(tags []string) []string {
	normal := make([]string, 0, len(tags))
	for _, tag := range tags {
		tag = strings.ToLower(strings.TrimSpace(tag))
		if tag != "" && !slices.Contains(normal, tag) {
			normal = append(normal, tag)
		}
	}
	return normal
}

// normalPhone returns a number in E.164. Numbers without a country code belong to the country.
func normalPhone(number, country string) (e164 string, ok bool) {
	parsed, err := phonenumbers.Parse(number, country)
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

// isE164 reports whether a number has the form of E.164, which is much faster than normalPhone.
var isE164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`).MatchString

var (
	yearFirst = regexp.MustCompile(`^(\d{4})[-/._](\d{1,2})[-/._](\d{1,2})$`)
	yearLast  = regexp.MustCompile(`^(\d{1,2})[-/._](\d{1,2})[-/._](\d{4})$`)
)

// parseDay reads a day in the forms that dateOfBirth takes: YYYY-MM-DD and MM-DD-YYYY, separated by
// - / . or _, and RFC 3339. It returns the day as YYYY-MM-DD.
func parseDay(value string) (day string, ok bool) {
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t.Format(time.DateOnly), true
	}
	year, month, date := "", "", ""
	if parts := yearFirst.FindStringSubmatch(value); parts != nil {
		year, month, date = parts[1], parts[2], parts[3]
	} else if parts := yearLast.FindStringSubmatch(value); parts != nil {
		year, month, date = parts[3], parts[1], parts[2]
	}
	t, err := time.Parse("2006-1-2", year+"-"+month+"-"+date)
	return t.Format(time.DateOnly), err == nil
}

func normalEmail(address string) (string, bool) {
	address = strings.TrimSpace(address)
	name, host, _ := strings.Cut(address, "@")
	return address, name != "" && host != "" && !strings.ContainsAny(address, " \t\r\n")
}

func normalCountry(code string) (string, bool) {
	return strings.ToUpper(code), len(code) == 2
}
