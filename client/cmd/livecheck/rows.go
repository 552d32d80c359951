package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// row is a row of api/NOTES.md that responses can confirm or contradict.
type row struct {
	id      string // in api/NOTES.md
	claim   string // the text of the report
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
	{"O18", "an update does not change properties that it does not send", unchanged("getContact after update", "firstName", "lastName", "email", "source")},
	{"O20", "an upsert of an existing contact returns new: false", equals("upsertContact", "/new", false)},
	{"R1", "an unknown property is a 422", status("unknown property", http.StatusUnprocessableEntity)},
	{"R8", "an empty list of tags removes all tags", compareNoTags},
	{"A1", "success is 200 or 201", compareStatus},
	{"A2", "results contain the contact or the list", compareResult},
	{"A4", "contacts have the properties in api/contacts.yaml only", compareProperties},
	{"A5", "lists contain null for missing values", compareNull},
	{"A7", "dateAdded and dateUpdated are RFC 3339", values(isTime, everyContact("dateAdded", "dateUpdated")...)},
	{"A8", "dateOfBirth is YYYY-MM-DD or RFC 3339", values(isDate, everyContact("dateOfBirth")...)},
	{"A9", "lastActivity is an integer or a string", values(isIntegerOrString, everyContact("lastActivity")...)},
	{"A10", "lists lower-case names, and the Raw properties have the original case", compareCase},
	{"A11", "a custom field has a value of any JSON type, and never a key", compareCustomFields},
	{"A15", "nextPage is an integer, null or the empty string", values(isIntegerOrEmpty, "/meta/nextPage")},
	{"A17", "the list by business has no meta", absent("getContactsByBusinessId", "/meta")},
	{"A18", "count is an integer", values(isInteger, "/count")},
	{"A19", "traceId is a string", values(isString, "/traceId")},
	{"A20", "a delete returns succeded or succeeded", compareDeleteResult},
	{"A24", "tags are lower-cased and trimmed, phone numbers are E.164", compareNormalized},
	{"E2", "message is a string or a list of strings", compareMessage},
	{"E3", "an unknown contact is described by error and status", compareErrorAndStatus},
	{"E6", "a duplicate names the existing contact", compareExistingContact},
	{"E8", "an unknown route is a 404", status("unknown route", http.StatusNotFound)},
	{"H1", "successes have the five documented rate-limit headers", headers(
		"X-Ratelimit-Limit-Daily", "X-Ratelimit-Daily-Remaining", "X-Ratelimit-Interval-Milliseconds", "X-Ratelimit-Max", "X-Ratelimit-Remaining")},
	{"H2", "successes have X-RateLimit-Daily-Reset", headers("X-Ratelimit-Daily-Reset")},
	{"H3", "a 401 has no rate-limit header", compareNoHeaders},
}

// everyContact returns the patterns for properties of a contact, in the result of a single contact
// and in lists.
func everyContact(properties ...string) []string {
	var patterns []string
	for _, property := range properties {
		patterns = append(patterns, "/contact/"+property, "/contacts/*/"+property)
	}
	return patterns
}

// The following functions return functions for row.compare.

// values checks that every value at the patterns of a result is valid. It ignores null.
func values(valid func(any) bool, patterns ...string) func(*observation) finding {
	return func(o *observation) (found finding) {
		if !o.isResult() {
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

// status checks the status of a step.
func status(step string, want int) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step {
			return finding{}
		}
		if step == "duplicate" && o.success() {
			return finding{} // the location allows duplicates
		}
		return expect(o.response.StatusCode == want, "status %d", o.response.StatusCode)
	}
}

// equals checks that the value at the pointer is want in a step.
func equals(step, pointer string, want any) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step || !o.success() {
			return finding{}
		}
		got := lookup(o.body, pointer)
		return expect(got == want, "%s is %s, want %v", pointer, typeOf(got), want)
	}
}

// absent checks that a step has no value at the pointer.
func absent(step, pointer string) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step || !o.success() {
			return finding{}
		}
		got := find(o.body, pointer)
		return expect(len(got) == 0, "%s is present", pointer)
	}
}

// headers checks that results have headers that are integers.
func headers(names ...string) func(*observation) finding {
	return func(o *observation) (found finding) {
		if !o.isResult() {
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

// sameContacts checks that a step returns the page of the previous response.
func sameContacts(step string) func(*observation) finding {
	return func(o *observation) finding {
		if o.step != step || !o.success() {
			return finding{}
		}
		first, again := lookup(o.previous, "/contacts/0/id"), lookup(o.body, "/contacts/0/id")
		return expect(first == again, "/contacts/0/id is another contact")
	}
}

// unchanged checks that properties of a contact have the values of the previous response. It
// ignores case.
func unchanged(step string, properties ...string) func(*observation) finding {
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
