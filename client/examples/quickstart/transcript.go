package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// transcript prints calls and what came of them.
type transcript struct {
	to   io.Writer
	step int
}

// title begins a step.
func (t *transcript) title(text string) {
	t.step++
	fmt.Fprintf(t.to, "\n%d. %s\n", t.step, text)
}

// call prints a call as it stands in code.
func (t *transcript) call(format string, args ...any) {
	fmt.Fprintf(t.to, "   > %s\n", fmt.Sprintf(format, args...))
}

// result prints what came back.
func (t *transcript) result(format string, args ...any) {
	fmt.Fprintf(t.to, "     %s\n", fmt.Sprintf(format, args...))
}

// contact prints a contact in a line.
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

// name returns the name in the case that it was entered in: lists send it lower-cased, and as it was beside it.
func name(contact *client.Contact) string {
	first, last := contact.FirstName, contact.LastName
	if contact.FirstNameRaw != "" || contact.LastNameRaw != "" {
		first, last = contact.FirstNameRaw, contact.LastNameRaw
	}
	return strings.TrimSpace(first + " " + last)
}

// failure prints an error that was expected, and what code can tell of it.
func (t *transcript) failure(err, meaning error, meaningName string) error {
	if !errors.Is(err, meaning) {
		return fmt.Errorf("expected %s, got %w", meaningName, err)
	}
	t.result("error: %v", err)
	t.result("errors.Is(err, client.%s) == true", meaningName)
	var apiError *client.Error
	if !errors.As(err, &apiError) {
		return nil
	}
	t.result("errors.As: StatusCode %d, Messages %q", apiError.StatusCode, apiError.Messages)
	if apiError.ContactID != "" {
		t.result("           ContactID %s, MatchingField %s", apiError.ContactID, apiError.MatchingField)
	}
	return nil
}
