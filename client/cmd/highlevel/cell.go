package main

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/highlevel-contacts/contacts-go/client"
)

var spreadsheetError = regexp.MustCompile(`^#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|####*|NV|WERT!|BEZUG!|VALEUR!)$`)

// checkCell returns an error for a cell whose text was lost before the import.
func checkCell(cell string) error {
	switch {
	case strings.ContainsRune(cell, '\uFFFD'):
		return errors.New("some characters were lost by an earlier conversion: export the file again in UTF-8")
	case strings.ContainsFunc(cell, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }):
		return errors.New("the cell contains control characters")
	case spreadsheetError.MatchString(cell):
		return errors.New("the cell is an error of the spreadsheet")
	}
	return nil
}

var (
	e164       = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	scientific = regexp.MustCompile(`(?i)^\+?[0-9]+([.,][0-9]+)?E\+?[0-9]+$`)
)

// parsePhone returns a number in E.164. A number without a country code is read as one of the region,
// a two-letter code that can be empty.
func parsePhone(cell, region string) (string, error) {
	cell = strings.TrimPrefix(cell, "tel:")
	switch {
	case e164.MatchString(cell): // the API's own form
		return cell, nil
	case scientific.MatchString(cell):
		return "", errors.New("a spreadsheet has rounded the number: format the column as text and export it again")
	case strings.ContainsAny(cell, ";,|\n"):
		return "", errors.New("want one phone number")
	}
	number, err := phonenumbers.Parse(cell, region)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && region == "":
		return "", errors.New("the number has no country code, and the row has no country: pass --country")
	case err != nil || !phonenumbers.IsValidNumber(number):
		return "", errors.New(strings.TrimSuffix("not a valid number of "+region, " of "))
	case number.GetExtension() != "":
		return "", errors.New("the API cannot store an extension")
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

// countryNames returns the codes of countries by their names in lower case, in the languages of most
// users.
var countryNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{"england": "GB", "scotland": "GB", "great britain": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US", "holland": "NL"}
	for _, tag := range []language.Tag{
		language.English, language.German, language.French, language.Spanish, language.Italian, language.Dutch, language.Portuguese, language.Polish,
	} {
		namer := display.Regions(tag)
		for code := range phonenumbers.GetSupportedRegions() {
			if region, err := language.ParseRegion(code); err == nil {
				names[strings.ToLower(namer.Name(region))] = code
			}
		}
	}
	return names
})

// countryCode returns the two-letter code of a country, given by its name or code.
func countryCode(cell string) (string, error) {
	if code, ok := countryNames()[strings.ToLower(cell)]; ok || cell == "" {
		return code, nil
	}
	region, err := language.ParseRegion(cell)
	if code := region.Canonicalize().String(); err == nil && len(code) == 2 && region.IsCountry() {
		return code, nil
	}
	return "", errors.New("not a country: use a two-letter code")
}

// parseDate returns a day in the format of --date-format, or in an unambiguous one.
func (im *importer) parseDate(cell string) (time.Time, error) {
	for _, layout := range []string{im.dateLayout, "2006-1-2", "2006/1/2", "2006.1.2", time.RFC3339, "2006-1-2 15:04:05"} {
		if day, err := time.Parse(layout, cell); err == nil { // no cell is empty
			return day, nil
		}
	}
	return time.Time{}, errors.New("not a date as YYYY-MM-DD: pass its format, such as --date-format DD.MM.YYYY or MM/DD/YYYY")
}

// dateLayout returns the layout of the standard library for a format such as DD.MM.YYYY.
func dateLayout(format string) (string, error) {
	layout := strings.NewReplacer("YYYY", "2006", "YY", "06", "MM", "1", "M", "1", "DD", "2", "D", "2").Replace(strings.ToUpper(format))
	day := time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)
	if parsed, err := time.Parse(layout, day.Format(layout)); format != "" && (err != nil || !parsed.Equal(day)) {
		return "", errors.New("--date-format: want YYYY, MM and DD with separators, such as DD.MM.YYYY")
	}
	return layout, nil
}

// parseNumber returns a number without separators of thousands, with a decimal point.
func (im *importer) parseNumber(cell string) string {
	thousands := map[string]string{".": ",", ",": "."}[im.decimal]
	if thousands == "" {
		return cell
	}
	cell = strings.Trim(cell, "$€£ \u00a0\u202f")
	return strings.NewReplacer(thousands, "", " ", "", "\u00a0", "", "\u202f", "", "'", "", ",", ".").Replace(cell)
}

// fieldValue returns the value of a cell for a custom field.
func (im *importer) fieldValue(def client.CustomFieldDefinition, cell string) (any, error) {
	switch def.DataType {
	case "TEXT", "LARGE_TEXT", "PHONE", "EMAIL":
		return cell, nil
	case "NUMERICAL", "MONETORY", "FLOAT":
		return im.parseNumber(cell), nil
	case "DATE":
		return im.parseDate(cell)
	case "SINGLE_OPTIONS", "RADIO":
		return option(def, cell), nil
	case "MULTIPLE_OPTIONS", "CHECKBOX":
		if one := option(def, cell); slices.Contains(def.Options, one) {
			return []string{one}, nil
		}
		list, err := splitList(cell, im.separator)
		for i := range list {
			list[i] = option(def, list[i])
		}
		return list, err
	}
	if strings.ContainsAny(cell[:1], "{[") && json.Valid([]byte(cell)) { // files, as an export writes them
		return json.RawMessage(cell), nil
	}
	return cell, nil
}

// option returns the option that differs from the cell at most in case, or else the cell.
func option(def client.CustomFieldDefinition, cell string) string {
	if i := slices.IndexFunc(def.Options, func(o string) bool { return strings.EqualFold(o, cell) }); i >= 0 {
		return def.Options[i]
	}
	return cell
}

// customCell returns the value of a custom field in a form that fieldValue reads.
func customCell(def client.CustomFieldDefinition, value client.FieldValue) string {
	day, isTime := value.Time()
	isList := strings.HasPrefix(string(value.Raw), "[")
	switch {
	case def.DataType == "DATE" && isTime:
		return day.Format(time.DateOnly)
	case def.DataType == "FILE_UPLOAD" && isList:
		return string(value.Raw)
	case isList:
		return joinList(value.List())
	}
	return value.Text() // an object is text in JSON
}

// splitList returns the elements of a cell: those of a JSON list, or what is between the separators,
// which are comma and semicolon if separator is empty.
func splitList(cell, separator string) ([]string, error) {
	var list []string
	if strings.HasPrefix(cell, "[") && json.Unmarshal([]byte(cell), &list) == nil {
		return list, nil
	}
	if _, err := (*row).line(nil, cell); err != nil {
		return nil, err
	}
	if separator == "" {
		cell, separator = strings.ReplaceAll(cell, ";", ","), ","
	}
	for element := range strings.SplitSeq(cell, separator) {
		if element = trim(element); element != "" {
			list = append(list, element)
		}
	}
	return list, nil
}

// joinList returns a list in a form that splitList reads, whatever the elements contain.
func joinList(list []string) string {
	joined := strings.Join(list, ",")
	if again, err := splitList(joined, ""); err == nil && slices.Equal(again, list) {
		return joined
	}
	return string(mustJSON(list))
}

// mustJSON returns a value without functions and channels as JSON.
func mustJSON(value any) json.RawMessage {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return encoded
}

// particles are words that belong to the last name.
var particles = []string{"van", "von", "der", "den", "de", "del", "della", "di", "da", "do", "dos", "du", "la", "le", "ter", "ten", "zu", "bin", "al", "el"}

// splitName returns the first and the last name of "First Last" or "Last, First".
func splitName(name string) (first, last string) {
	if last, first, ok := strings.Cut(name, ","); ok {
		return trim(first), trim(last)
	}
	words := strings.Fields(name)
	start := max(1, len(words)-1)
	for start > 1 && slices.Contains(particles, strings.ToLower(words[start-1])) {
		start--
	}
	start = min(start, len(words))
	return strings.Join(words[:start], " "), strings.Join(words[start:], " ")
}

// normalName returns a name in lower case without spaces and punctuation.
func normalName(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}
