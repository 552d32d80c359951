package client

import (
	"errors"
	"strconv"
	"strings"
)

// Cursor is a position in a list of contacts. The empty Cursor is the beginning. A program can
// store a Cursor as a string and continue later, but must not depend on its content. A Cursor is
// valid only for the kind of list that returned it, and that of a search only for the same query,
// filters and order. With another one, the error matches [ErrInvalid].
type Cursor string

const (
	contactCursorPrefix  = "contact:"  // followed by DateAdded in milliseconds, a colon, and the ID
	businessCursorPrefix = "business:" // followed by the number of contacts to skip
)

// CursorAfter returns the position after contact in the list of its location. It is empty, which is
// the beginning of the list, if the contact has no ID or no DateAdded.
func CursorAfter(contact *Contact) Cursor {
	if contact.DateAdded.IsZero() {
		return ""
	}
	return contactCursor(contact.DateAdded.UnixMilli(), contact.ID)
}

// contactCursor returns the position after a contact. The API needs both parts: given the time
// alone, it returns the first page again.
func contactCursor(addedMillis int64, id string) Cursor {
	if addedMillis <= 0 || id == "" {
		return ""
	}
	return Cursor(contactCursorPrefix + strconv.FormatInt(addedMillis, 10) + ":" + id)
}

func businessCursor(skip int) Cursor {
	return Cursor(businessCursorPrefix + strconv.Itoa(skip))
}

// contact returns the parts of a cursor of a location's list. They are zero at the beginning.
func (c Cursor) contact() (addedMillis int64, id string, err error) {
	millis, id, _ := strings.Cut(strings.TrimPrefix(string(c), contactCursorPrefix), ":")
	addedMillis, err = strconv.ParseInt(millis, 10, 64)
	if c != "" && (err != nil || contactCursor(addedMillis, id) != c) {
		return 0, "", errors.New("cursor: not one of a location's list: use Page.Next or CursorAfter")
	}
	return addedMillis, id, nil
}

// skip returns the number of contacts before a cursor of a business's list, 0 at the beginning.
func (c Cursor) skip() (int, error) {
	skip, err := strconv.Atoi(strings.TrimPrefix(string(c), businessCursorPrefix))
	if c != "" && (err != nil || skip < 0 || businessCursor(skip) != c) {
		return 0, errors.New("cursor: not one of a business's list: use Page.Next")
	}
	return skip, nil
}
