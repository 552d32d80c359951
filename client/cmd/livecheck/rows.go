package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is a row of api/NOTES.md that responses can confirm or contradict.
type row struct {
	id      string
	claim   string
	compare func(*observation) finding
}

// rows are in the order of api/NOTES.md. "schema" stands for the types of all properties.
var rows = []row{
	{"schema", "every property has the type in api/contacts.yaml", compareSchema},
	{"D7", "counts, pages and times in milliseconds are integers", values(isInteger,
		"/meta/total", "/meta/currentPage", "/meta/prevPage", "/meta/startAfter", "/count", "/contacts/*/lastActivity")},
	{"O1", "the API accepts the versions 2021-04-15 and 2023-02-21, and rejects an unknown one", compareVersions},
	{"O5", "a list without a location is a 403", status("no location", http.StatusForbidden)},
	{"O8", "startAfter of the next page is dateAdded of the last contact", compareCursor},
	{"O11", "half a cursor returns the first page again", sameContacts("half a cursor")},
	{"O12", "lists have the latest dateAdded first", compareOrder},
	{"O13", "a duplicate is a 400", status("duplicate", http.StatusBadRequest)},
	{"O17", "an unknown contact is a 400", status("unknown contact", http.StatusBadRequest)},
	{"O18", "an update keeps properties that it does not send", kept("getContact after update", "firstName", "lastName", "email", "source")},
	{"O20", "an upsert of an existing contact returns new: false", exactly("upsertContact", "/new", false)},
	{"R1", "an unknown property is a 422", status("unknown property", http.StatusUnprocessableEntity)},
	{"R8", "an empty list of tags removes all tags", compareNoTags},
	{"A1", "success is 200 or 201", compareSuccess},
	{"A2", "results contain the contact or the list", compareContent},
	{"A4", "contacts have the properties in api/contacts.yaml only", compareProperties},
	{"A5", "lists contain null for missing values", compareNull},
	{"A7", "dateAdded and dateUpdated are RFC 3339", values(isTime, everyContact("dateAdded", "dateUpdated")...)},
	{"A8", "dateOfBirth is YYYY-MM-DD or RFC 3339", values(isDate, everyContact("dateOfBirth")...)},
	{"A9", "lastActivity is an integer or a string", values(isIntegerOrString, everyContact("lastActivity")...)},
	{"A10", "lists lower-case names, and the Raw properties keep the case", compareCase},
	{"A11", "a custom field has a value of any JSON type, and never a key", compareCustomFields},
	{"A15", "nextPage is an integer, null or the empty string", values(isIntegerNullOrEmpty, "/meta/nextPage")},
	{"A17", "the list by business has no meta", absent("getContactsByBusinessId", "/meta")},
	{"A18", "count is an integer", values(isInteger, "/count")},
	{"A19", "traceId is a string", values(isString, "/traceId")},
	{"A20", "a delete returns succeded or succeeded", compareSucceeded},
	{"A24", "tags are lower-cased and trimmed, phone numbers are E.164", compareNormalized},
	{"E2", "message is a string or a list of strings", compareMessage},
	{"E3", "an unknown contact is described by error and status", compareOlderError},
	{"E6", "a duplicate names the existing contact", compareDuplicate},
	{"E8", "an unknown route is a 404", status("unknown route", http.StatusNotFound)},
	{"H1", "successes have the five documented rate-limit headers", headers(
		"X-Ratelimit-Limit-Daily", "X-Ratelimit-Daily-Remaining", "X-Ratelimit-Interval-Milliseconds", "X-Ratelimit-Max", "X-Ratelimit-Remaining")},
	{"H2", "successes have X-RateLimit-Daily-Reset", headers("X-Ratelimit-Daily-Reset")},
	{"H3", "a 401 has no rate-limit header", compareErrorHeaders},
}

// Places of a contact's properties in single results and in lists.
func everyContact(properties ...string) []string {
	var patterns []string
	for _, property := range properties {
		patterns = append(patterns, "/contact/"+property, "/contacts/*/"+property)
	}
	return patterns
}

func (o *observation) success() bool { return o.response.StatusCode/100 == 2 }

// isOperation reports whether the step is a successful call of an operation, rather than one that
// tests an error.
func (o *observation) isOperation() bool {
	return o.success() && o.body != nil && !slices.Contains([]string{"no location", "unknown route", "unknown version"}, o.step)
}

func confirmed() finding { return finding{confirmed: true} }

func contradicted(format string, args ...any) finding {
	return finding{contradicted: []string{fmt.Sprintf(format, args...)}}
}

// when returns a confirmed finding if the condition holds, and a contradicted one otherwise.
func when(condition bool, format string, args ...any) finding {
	if condition {
		return confirmed()
	}
	return contradicted(format, args...)
}

// values compares every value at the patterns of a successful response. Null is a missing value.
func values(valid func(any) bool, patterns ...string) func(*observation) finding {
	return func(o *observation) (found finding) {
		if !o.isOperation() {
			return finding{}
		}
		for _, pattern := range patterns {
			for _, at := range find(o.body, pattern) {
				switch {
				case at.value == nil:
				case valid(at.value):
					found.confirmed = true
				default:
					found.contradicted = append(found.contradicted, at.pointer+" is "+typeOf(at.value))
				}
			}
		}
		return found
	}
}

func status(step string, want int) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step {
			return finding{}
		}
		if step == "duplicate" && o.success() {
			return finding{} // the location allows duplicates
		}
		return when(o.response.StatusCode == want, "status %d", o.response.StatusCode)
	}
}

func exactly(step, pointer string, want any) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step || !o.success() {
			return finding{}
		}
		got := lookup(o.body, pointer)
		return when(got == want, "%s is %s, and not %v", pointer, typeOf(got), want)
	}
}

func absent(step, pointer string) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step || !o.success() {
			return finding{}
		}
		got := find(o.body, pointer)
		return when(len(got) == 0, "%s is present", pointer)
	}
}

func headers(names ...string) func(*observation) finding {
	return func(o *observation) (found finding) {
		if !o.isOperation() {
			return finding{}
		}
		for _, name := range names {
			value := o.response.Header.Get(name)
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				kind := "not an integer"
				if value == "" {
					kind = "missing"
				}
				found.contradicted = append(found.contradicted, "header "+name+" is "+kind)
			}
		}
		found.confirmed = len(found.contradicted) == 0
		return found
	}
}

func compareErrorHeaders(o *observation) finding {
	if o.response.StatusCode != http.StatusUnauthorized {
		return finding{}
	}
	for name := range o.response.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			return contradicted("header %s is present", name)
		}
	}
	return confirmed()
}

func compareSchema(o *observation) (found finding) {
	for _, drift := range o.response.Drift {
		found.contradicted = append(found.contradicted, fmt.Sprintf("%s is %s, want %s", drift.Pointer, drift.Got, drift.Want))
	}
	found.confirmed = o.isOperation() && len(found.contradicted) == 0
	return found
}

func compareVersions(o *observation) finding {
	switch o.step {
	case "older version", "newer version":
		return when(o.success(), "status %d", o.response.StatusCode)
	case "unknown version":
		return when(!o.success(), "status %d", o.response.StatusCode)
	}
	return finding{}
}

func compareCursor(o *observation) finding {
	contacts := find(o.body, "/contacts/*/dateAdded")
	startAfter, ok := lookup(o.body, "/meta/startAfter").(float64)
	if o.step != "getContacts" || !ok || len(contacts) == 0 {
		return finding{}
	}
	text, _ := contacts[len(contacts)-1].value.(string)
	last, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return finding{} // A7 is about that
	}
	return when(last.UnixMilli() == int64(startAfter), "/meta/startAfter is another time than %s", contacts[len(contacts)-1].pointer)
}

func compareOrder(o *observation) finding {
	dates := find(o.body, "/contacts/*/dateAdded")
	if o.step != "getContacts" || len(dates) < 2 {
		return finding{}
	}
	before := time.Time{}
	for _, date := range dates {
		text, _ := date.value.(string)
		added, err := time.Parse(time.RFC3339, text)
		if err != nil {
			continue
		}
		if !before.IsZero() && added.After(before) {
			return contradicted("%s is later than the one before", date.pointer)
		}
		before = added
	}
	return confirmed()
}

func sameContacts(step string) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step || !o.success() {
			return finding{}
		}
		first, again := lookup(o.previous, "/contacts/0/id"), lookup(o.body, "/contacts/0/id")
		return when(first == again, "/contacts/0/id is another contact")
	}
}

func kept(step string, properties ...string) func(*observation) finding {
	return func(o *observation) (found finding) {
		if o.step != step || !o.success() {
			return finding{}
		}
		for _, property := range properties {
			before, after := lookup(o.previous, "/contact/"+property), lookup(o.body, "/contact/"+property)
			if fold(before) != fold(after) {
				found.contradicted = append(found.contradicted, "/contact/"+property+" has changed")
			}
		}
		found.confirmed = len(found.contradicted) == 0
		return found
	}
}

func fold(value any) string { return strings.ToLower(fmt.Sprint(value)) }

func compareNoTags(o *observation) finding {
	if o.step != "getContact after update" || !o.success() {
		return finding{}
	}
	return when(len(find(o.body, "/contact/tags/*")) == 0, "/contact/tags is not empty")
}

func compareSuccess(o *observation) finding {
	if !o.isOperation() {
		return finding{}
	}
	return when(o.response.StatusCode == http.StatusOK || o.response.StatusCode == http.StatusCreated, "status %d", o.response.StatusCode)
}

func compareContent(o *observation) finding {
	name := map[string]string{
		"getContacts": "contacts", "getContactsByBusinessId": "contacts",
		"getContact": "contact", "createContact": "contact", "updateContact": "contact", "upsertContact": "contact",
	}[o.step]
	if name == "" || !o.success() {
		return finding{}
	}
	got := lookup(o.body, "/"+name)
	want := map[string]string{"contacts": "array", "contact": "object"}[name]
	return when(typeOf(got) == want, "/%s is %s", name, typeOf(got))
}

func compareNull(o *observation) finding {
	if o.step != "getContacts" {
		return finding{}
	}
	for _, property := range find(o.body, "/contacts/*/*") {
		if property.value == nil {
			return confirmed()
		}
	}
	return finding{}
}

func compareCase(o *observation) (found finding) {
	if o.step != "getContacts" {
		return finding{}
	}
	for _, contact := range find(o.body, "/contacts/*") {
		for _, property := range []string{"firstName", "lastName"} {
			name, isName := lookup(contact.value, "/"+property).(string)
			raw, isRaw := lookup(contact.value, "/"+property+"Raw").(string)
			switch {
			case !isName || !isRaw || raw == strings.ToLower(raw):
			case name == strings.ToLower(raw):
				found.confirmed = true
			default:
				found.contradicted = append(found.contradicted, contact.pointer+"/"+property+" is not the lower-cased "+property+"Raw")
			}
		}
	}
	return found
}

func compareCustomFields(o *observation) (found finding) {
	for _, pattern := range everyContact("customFields/*") {
		for _, field := range find(o.body, pattern) {
			fields, isObject := field.value.(map[string]any)
			switch {
			case !isObject:
				found.contradicted = append(found.contradicted, field.pointer+" is "+typeOf(field.value))
			case fields["key"] != nil:
				found.contradicted = append(found.contradicted, field.pointer+"/key is present")
			default:
				found.confirmed = true
			}
		}
	}
	return found
}

func compareSucceeded(o *observation) finding {
	if o.step != "deleteContact" || !o.success() {
		return finding{}
	}
	return when(lookup(o.body, "/succeded") == true || lookup(o.body, "/succeeded") == true, "neither /succeded nor /succeeded is true")
}

var e164 = regexp.MustCompile(`^\+[0-9]{7,15}$`)

func compareNormalized(o *observation) (found finding) {
	if !o.isOperation() {
		return finding{}
	}
	for _, pattern := range everyContact("tags/*", "phone") {
		for _, at := range find(o.body, pattern) {
			text, isString := at.value.(string)
			if !isString || text == "" {
				continue
			}
			valid := text == strings.TrimSpace(strings.ToLower(text))
			if strings.HasSuffix(pattern, "/phone") {
				valid = e164.MatchString(text)
			}
			if valid {
				found.confirmed = true
			} else {
				found.contradicted = append(found.contradicted, at.pointer+" is not normalized")
			}
		}
	}
	return found
}

func compareMessage(o *observation) finding {
	message := lookup(o.body, "/message")
	if o.success() || message == nil {
		return finding{}
	}
	if _, isString := message.(string); isString {
		return confirmed()
	}
	list, isList := message.([]any)
	for _, element := range list {
		if _, isString := element.(string); !isString {
			return contradicted("/message/* is %s", typeOf(element))
		}
	}
	return when(isList, "/message is %s", typeOf(message))
}

func compareOlderError(o *observation) finding {
	if o.step != "unknown contact" {
		return finding{}
	}
	return when(typeOf(lookup(o.body, "/error")) == "string" && isInteger(lookup(o.body, "/status")),
		"/error is %s and /status is %s", typeOf(lookup(o.body, "/error")), typeOf(lookup(o.body, "/status")))
}

func compareDuplicate(o *observation) finding {
	if o.step != "duplicate" || o.success() {
		return finding{}
	}
	return when(lookup(o.body, "/meta/contactId") == lookup(o.previous, "/contact/id"), "/meta/contactId is not the existing contact")
}

func isInteger(value any) bool {
	number, ok := value.(float64)
	return ok && number == math.Trunc(number)
}

func isString(value any) bool {
	_, ok := value.(string)
	return ok
}

func isIntegerOrString(value any) bool    { return isInteger(value) || isString(value) }
func isIntegerNullOrEmpty(value any) bool { return isInteger(value) || value == "" }

func isTime(value any) bool {
	text, _ := value.(string)
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

func isDate(value any) bool {
	text, _ := value.(string)
	_, err := time.Parse(time.DateOnly, text)
	return err == nil || isTime(value)
}

// typeOf returns the JSON type of a value.
func typeOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null or missing"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64, json.Number:
		if isInteger(value) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
