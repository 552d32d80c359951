package client

import (
	"fmt"
	"strconv"
	"strings"
)

// Cursor is a place in the list of a location's contacts: behind one of them. Both halves are needed, always; to the first alone
// the API answers the first page again, forever. The zero Cursor is the beginning.
//
// Its text form, by [Cursor.String] and [ParseCursor], is for storing, so that a walk can be resumed later.
type Cursor struct {
	AddedMillis int64  // the contact's DateAdded in milliseconds since 1970
	ID          string // the contact's id
}

// CursorAfter returns the place behind contact, to resume a walk there. It is the zero Cursor if the contact lacks id or
// DateAdded.
func CursorAfter(contact *Contact) Cursor {
	if contact.ID == "" || contact.DateAdded.IsZero() {
		return Cursor{}
	}
	return Cursor{AddedMillis: contact.DateAdded.UnixMilli(), ID: contact.ID}
}

// ParseCursor reads the text form of a cursor. The empty text is the zero Cursor.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	millis, id, _ := strings.Cut(text, ":")
	added, err := strconv.ParseInt(millis, 10, 64)
	cursor := Cursor{AddedMillis: added, ID: id}
	if err != nil || !cursor.isWhole() {
		return Cursor{}, fmt.Errorf("client: %w: a cursor is written as milliseconds, colon, contact id", ErrInvalid)
	}
	return cursor, nil
}

// IsZero tells whether c is the beginning of the list.
func (c Cursor) IsZero() bool {
	return c == Cursor{}
}

// String returns the text form: milliseconds, colon, contact id. It is empty for the zero Cursor.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return strconv.FormatInt(c.AddedMillis, 10) + ":" + c.ID
}

// MarshalText returns the text form.
func (c Cursor) MarshalText() ([]byte, error) {
	return []byte(c.String()), nil
}

// UnmarshalText reads the text form.
func (c *Cursor) UnmarshalText(text []byte) error {
	cursor, err := ParseCursor(string(text))
	if err != nil {
		return err
	}
	*c = cursor
	return nil
}

func (c Cursor) isWhole() bool {
	return c.AddedMillis > 0 && c.ID != ""
}
