package verify

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// normalText returns a string in lower case, with single spaces.
func normalText(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}

// sameText ignores case and white space.
func sameText(sent, got string) bool { return normalText(sent) == normalText(got) }

// hasWords reports whether each word of words is a word of text.
func hasWords(text, words string) bool {
	stored := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		stored[word] = true
	}
	for word := range strings.FieldsSeq(words) {
		if !stored[word] {
			return false
		}
	}
	return true
}

// samePhone compares digits: the API stores E.164, and a national number gets the country code of
// the location, which is not known here, instead of a trunk prefix.
func samePhone(sent, got string) bool {
	sent, _, _ = strings.Cut(strings.ToLower(sent), "x") // an extension
	sent = strings.ReplaceAll(strings.TrimSuffix(sent, "e"), "(0)", "")
	if strings.ContainsFunc(sent, unicode.IsLetter) {
		return true // a number in letters
	}
	international := strings.HasPrefix(strings.TrimSpace(sent), "+")
	want, have := digits(sent), digits(got)
	if want == have {
		return true
	}
	if international { // a trunk prefix after the country code is dropped
		return len(want) != len(have) && len(have) > 7 && strings.HasSuffix(want, have[len(have)-7:]) && want[0] == have[0]
	}
	for _, prefix := range []string{"", "00", "011", "0", "1", "8", "06"} {
		if national, ok := strings.CutPrefix(want, prefix); ok && len(national) > 3 && strings.HasSuffix(have, national) {
			return true
		}
	}
	return false
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func samePostalCode(sent, got string) bool {
	remove := strings.NewReplacer(" ", "", "-", "")
	return remove.Replace(normalText(sent)) == remove.Replace(normalText(got))
}

// sameCountry compares codes of two letters. Whether another value means the same country is not
// known.
func sameCountry(sent, got string) bool {
	sent, got = normalText(sent), normalText(got)
	return len(sent) != 2 || len(got) != 2 || sent == got || sent == "uk" && got == "gb"
}

func sameWebsite(sent, got string) bool {
	address := func(text string) string {
		text = normalText(text)
		if _, rest, ok := strings.Cut(text, "://"); ok {
			text = rest
		}
		return strings.TrimSuffix(strings.TrimPrefix(text, "www."), "/")
	}
	return address(sent) == address(got)
}

// sameTimezone compares names of the form Area/City. Other forms may be replaced by one of these.
func sameTimezone(sent, got string) bool {
	return sameText(sent, got) || !strings.Contains(sent, "/") || !strings.Contains(got, "/")
}

// sameDay compares days. A time may be a day apart in another time zone. What is not a day cannot be
// compared.
func sameDay(sent, got string) bool {
	want, wantTime, ok := parseDay(sent)
	have, haveTime, okGot := parseDay(got)
	if !ok || !okGot {
		return true
	}
	apart := want.Sub(have).Abs()
	return apart == 0 || (wantTime || haveTime) && apart <= 24*time.Hour
}

// parseDay reads the forms of a day that the API accepts and sends, and reports whether it is part
// of a time.
func parseDay(text string) (day time.Time, isTime, ok bool) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC().Truncate(24 * time.Hour), true, true
	}
	if millis, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(millis).UTC().Truncate(24 * time.Hour), true, true
	}
	text = strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(text)
	for _, layout := range []string{"2006-1-2", "1-2-2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}

// sameValue compares the value of a custom field with the stored one.
func sameValue(sent, got json.RawMessage) bool {
	var want, have any
	if json.Unmarshal(sent, &want) != nil || got != nil && json.Unmarshal(got, &have) != nil {
		return true
	}
	if isEmpty(want) || isEmpty(have) {
		return isEmpty(want) == isEmpty(have)
	}
	return sameAny(want, have)
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(value) == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// sameAny compares values that are not empty. The API stores some values in another type: the option
// of a list alone, a number as a string, a day as milliseconds.
func sameAny(want, have any) bool {
	wantList, isList := want.([]any)
	haveList, isStoredList := have.([]any)
	switch {
	case isList && isStoredList:
		for _, value := range wantList {
			if !contains(haveList, value) {
				return false
			}
		}
		return true
	case isStoredList:
		text, ok := want.(string)
		if !ok || contains(haveList, want) {
			return true
		}
		for part := range strings.SplitSeq(text, ",") {
			if !contains(haveList, part) {
				return false
			}
		}
		return true
	case isList && len(wantList) > 1:
		return true // how a list is stored as one value is not known
	case isList:
		return sameAny(wantList[0], have)
	}
	wantText, ok := scalar(want)
	haveText, okStored := scalar(have)
	if !ok || !okStored {
		return true // objects, such as files, are stored in another form
	}
	return sameScalar(wantText, haveText)
}

func contains(list []any, value any) bool {
	for _, stored := range list {
		if sameAny(value, stored) {
			return true
		}
	}
	return false
}

// scalar returns a string, number or boolean as text.
func scalar(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(value), true
	}
	return "", false
}

func sameScalar(want, have string) bool {
	if sameText(want, have) {
		return true
	}
	wantNumber, err := number(want)
	haveNumber, errStored := number(have)
	if err == nil && errStored == nil {
		return wantNumber == haveNumber
	}
	if _, _, ok := parseDay(want); ok && err != nil || errStored != nil && looksLikeDay(have) {
		if _, _, okStored := parseDay(have); okStored {
			return sameDay(want, have)
		}
	}
	return strings.HasPrefix(have, "+") && len(digits(have)) >= 7 && samePhone(want, have)
}

func looksLikeDay(text string) bool {
	_, _, ok := parseDay(text)
	return ok
}

// number parses a number, with a currency sign and separators of thousands.
func number(text string) (float64, error) {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Sc, r) })
	return strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
}
