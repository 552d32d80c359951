package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// transcript prints steps, which consist of calls and their results.
type transcript struct {
	to   io.Writer
	step int // number of the current step, from 1
}

// title starts a step.
func (t *transcript) title(text string) {
	t.step++
	fmt.Fprintf(t.to, "\n%d. %s\n", t.step, text)
}

// note prints a sentence about the API.
func (t *transcript) note(text string) {
	fmt.Fprintf(t.to, "   %s\n", text)
}

// call prints a call as Go code.
func (t *transcript) call(format string, args ...any) {
	fmt.Fprintf(t.to, "   > %s\n", fmt.Sprintf(format, args...))
}

// code prints another line of a call.
func (t *transcript) code(line string) {
	fmt.Fprintf(t.to, "     %s\n", strings.ReplaceAll(line, "\t", "    "))
}

// result prints a line of a result.
func (t *transcript) result(format string, args ...any) {
	fmt.Fprintf(t.to, "     %s\n", fmt.Sprintf(format, args...))
}

// contact prints a contact on one line.
func (t *transcript) contact(contact *client.Contact) {
	line := []string{contact.ID}
	for _, value := range []string{name(contact), contact.Email, contact.Phone, contact.City} {
		if value != "" {
			line = append(line, value)
		}
	}
	if len(contact.Tags) > 0 {
		line = append(line, "#"+strings.Join(contact.Tags, " #"))
	}
	t.result("%s", strings.Join(line, " · "))
}

// page prints the contacts of a page.
func (t *transcript) page(page *client.Page) {
	for i := range page.Contacts {
		t.contact(&page.Contacts[i])
	}
}

// name returns the name in its original case. In lists, only FirstNameRaw and LastNameRaw have it.
func name(contact *client.Contact) string {
	first, last := contact.FirstName, contact.LastName
	if contact.FirstNameRaw != "" || contact.LastNameRaw != "" {
		first, last = contact.FirstNameRaw, contact.LastNameRaw
	}
	return strings.TrimSpace(first + " " + last)
}

// failure prints err if it matches target. Otherwise it returns an error.
func (t *transcript) failure(err, target error, targetName string) error {
	if err == nil {
		return fmt.Errorf("the call succeeded, want %s", targetName)
	}
	if !errors.Is(err, target) {
		return fmt.Errorf("got error %w, want %s", err, targetName)
	}
	t.result("err: %v", err)
	t.result("errors.Is(err, client.%s) == true", targetName)
	t.result("client.KindOf(err) == %q", client.KindOf(err))
	apiError, ok := errors.AsType[*client.Error](err)
	if !ok {
		return nil
	}
	t.result("errors.AsType[*client.Error](err): StatusCode %d, Messages %q", apiError.StatusCode, apiError.Messages)
	if apiError.ContactID != "" {
		t.result("ContactID %s, MatchingField %s", apiError.ContactID, apiError.MatchingField)
	}
	return nil
}
