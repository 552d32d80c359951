package clienttest

import "time"

// Behavior selects among alternatives that the API has been observed to use. The zero value of each
// field is its default. A [Fault] with Set and Remove changes a response in every other way.
type Behavior struct {
	// ListEnd is how a list indicates its end, ListEndNull by default.
	ListEnd ListEnd
	// IndexLag is the time after which a write appears in lists, and SearchLag that after which it
	// appears in searches; 0 means immediately. Until then they show deleted contacts. A get always
	// returns the latest write.
	IndexLag, SearchLag time.Duration
}

// deletedMessageDuration is the time after a delete during which the message for the ID is "Contact
// not found for id:…". How long the API does so has not been observed.
const deletedMessageDuration = 10 * time.Second

// ListEnd is how a list indicates its end. Each value has been observed.
type ListEnd int

// The ways in which a list ends. With ListEndNull and ListEndEmptyString, the last page with
// contacts has no next page. With the others it has one, and the list ends with an empty page.
const (
	ListEndNull        ListEnd = iota // nextPage and nextPageUrl are null; the cursor is set
	ListEndEmptyString                // nextPage is ""; nextPageUrl and the cursor are set
	ListEndEmptyMeta                  // the empty page has {} as its meta
	ListEndNoCursor                   // the empty page has a meta with a total and without a cursor
	ListEndNoMeta                     // the empty page has no meta
)
