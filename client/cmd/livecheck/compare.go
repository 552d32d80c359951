package main

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Each of the following functions compares a response with one row.

func compareNoHeaders(o *observation) finding {
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
	found.confirmed = o.isResult() && len(found.contradicted) == 0
	return found
}

func compareVersions(o *observation) finding {
	switch o.step {
	case "older version", "newer version":
		return expect(o.success(), "status %d", o.response.StatusCode)
	case "unknown version":
		return expect(!o.success(), "status %d", o.response.StatusCode)
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
		return finding{} // row A7 reports it
	}
	return expect(last.UnixMilli() == int64(startAfter), "/meta/startAfter is not the time of %s", contacts[len(contacts)-1].pointer)
}

func compareOrder(o *observation) finding {
	dates := find(o.body, "/contacts/*/dateAdded")
	if o.step != "getContacts" || len(dates) < 2 {
		return finding{}
	}
	previous := time.Time{}
	for _, date := range dates {
		text, _ := date.value.(string)
		added, err := time.Parse(time.RFC3339, text)
		if err != nil {
			continue
		}
		if !previous.IsZero() && added.After(previous) {
			return contradicted("%s is later than that of the previous contact", date.pointer)
		}
		previous = added
	}
	return confirmed()
}

func compareNoTags(o *observation) finding {
	if o.step != "getContact after update" || !o.success() {
		return finding{}
	}
	return expect(len(find(o.body, "/contact/tags/*")) == 0, "/contact/tags is not empty")
}

func compareStatus(o *observation) finding {
	if !o.isResult() {
		return finding{}
	}
	return expect(o.response.StatusCode == http.StatusOK || o.response.StatusCode == http.StatusCreated, "status %d", o.response.StatusCode)
}

func compareResult(o *observation) finding {
	var name, want string
	switch o.step {
	case "getContacts", "getContactsByBusinessId":
		name, want = "contacts", "array"
	case "getContact", "createContact", "updateContact", "upsertContact":
		name, want = "contact", "object"
	}
	if name == "" || !o.success() {
		return finding{}
	}
	got := typeOf(lookup(o.body, "/"+name))
	return expect(got == want, "/%s is %s", name, got)
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

func compareDeleteResult(o *observation) finding {
	if o.step != "deleteContact" || !o.success() {
		return finding{}
	}
	return expect(lookup(o.body, "/succeded") == true || lookup(o.body, "/succeeded") == true, "neither /succeded nor /succeeded is true")
}

var e164 = regexp.MustCompile(`^\+[0-9]{7,15}$`)

func compareNormalized(o *observation) (found finding) {
	if !o.isResult() {
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
	return expect(isList, "/message is %s", typeOf(message))
}

func compareErrorAndStatus(o *observation) finding {
	if o.step != "unknown contact" {
		return finding{}
	}
	return expect(typeOf(lookup(o.body, "/error")) == "string" && isInteger(lookup(o.body, "/status")),
		"/error is %s and /status is %s", typeOf(lookup(o.body, "/error")), typeOf(lookup(o.body, "/status")))
}

func compareExistingContact(o *observation) finding {
	if o.step != "duplicate" || o.success() {
		return finding{}
	}
	return expect(lookup(o.body, "/meta/contactId") == lookup(o.previous, "/contact/id"), "/meta/contactId is not the existing contact")
}

// contactProperties are the names of a contact's properties in api/contacts.yaml, from the
// generated type.
var contactProperties = func() []string {
	var names []string
	for field := range reflect.TypeFor[client.Contact]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}()

func compareProperties(o *observation) (found finding) {
	if !o.isResult() {
		return finding{}
	}
	for _, pattern := range []string{"/contact/*", "/contacts/*/*"} {
		for _, at := range find(o.body, pattern) {
			name := at.pointer[strings.LastIndex(at.pointer, "/")+1:]
			if slices.Contains(contactProperties, name) {
				found.confirmed = true
				continue
			}
			found.contradicted = append(found.contradicted, at.pointer+" ("+typeOf(at.value)+") is not in api/contacts.yaml")
		}
	}
	return found
}
