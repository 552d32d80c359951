package client_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// listing serves getContacts for a location with total realistic contacts, each added a second before the one in front of it.
type listing struct {
	total              int
	head, middle, tail string // of a contact, around its id and dateAdded
	newest             time.Time
	buffers            sync.Pool
}

func newListing(t testing.TB, total int) *listing {
	t.Helper()
	var page struct{ Contacts []json.RawMessage }
	if err := json.Unmarshal([]byte(body(t, "getContacts")), &page); err != nil {
		t.Fatal(err)
	}
	const added = "2020-10-28T07:30:49.758Z"
	newest, err := time.Parse(time.RFC3339, added)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(page.Contacts[0]), contactID)
	middle, tail, _ := strings.Cut(rest, added)
	return &listing{
		total: total, head: head, middle: middle, tail: tail, newest: newest,
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
}

// id returns the id of a contact by its place in the list.
func (*listing) id(place int) string {
	digits := strconv.Itoa(place)
	return strings.Repeat("0", len(contactID)-len(digits)) + digits
}

func (l *listing) added(place int) time.Time {
	return l.newest.Add(-time.Duration(place) * time.Second)
}

// page appends the answer with up to limit contacts from a place on.
func (l *listing) page(body []byte, from, limit int) []byte {
	end := min(from+limit, l.total)
	body = append(body, `{"contacts":[`...)
	for place := from; place < end; place++ {
		if place > from {
			body = append(body, ',')
		}
		body = append(append(append(body, l.head...), l.id(place)...), l.middle...)
		body = append(l.added(place).AppendFormat(body, "2006-01-02T15:04:05.000Z"), l.tail...)
	}
	body = append(body, `],"meta":{"total":`...)
	body = append(strconv.AppendInt(body, int64(l.total), 10), `,"nextPageUrl":"http://localhost:8080/contacts/","prevPage":null`...)
	if end > from {
		body = append(body, `,"startAfter":`...)
		body = append(strconv.AppendInt(body, l.added(end-1).UnixMilli(), 10), `,"startAfterId":"`...)
		body = append(append(body, l.id(end-1)...), `","currentPage":1`...)
	}
	if end < l.total {
		return append(body, `,"nextPage":2}}`...)
	}
	return append(body, `,"nextPage":null}}`...)
}

func (l *listing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, from := r.URL.Query(), 0
	// As in the API, one half of the cursor alone leads to the first page.
	if query.Has("startAfter") && query.Has("startAfterId") {
		last, _ := strconv.Atoi(query.Get("startAfterId"))
		from = last + 1
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		limit = 20
	}
	w.Header().Set("Content-Type", "application/json")
	buffer := l.buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is in it
	defer l.buffers.Put(buffer)
	*buffer = l.page((*buffer)[:0], from, limit)
	_, _ = w.Write(*buffer)
}
