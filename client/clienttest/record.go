package clienttest

import (
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// record is a contact as the fake keeps it: only what is set, because a gen.Contact takes 2.6 KB even when it is empty and
// a server may hold a million of them. A record is never changed once it is stored; a write stores a changed copy, so
// that answers and snapshots may read records without a lock.
type record struct {
	id, location   string
	added, updated int64 // milliseconds since 1970
	texts          texts
	tags           []string
	fields         []gen.CustomField
	dnd            bool
	*rest
}

// rest holds what most contacts do not have. Like a record, it is replaced and never changed.
type rest struct {
	additionalEmails []gen.AdditionalEmail
	additionalPhones []gen.AdditionalPhone
	followers        []string
	dndSettings      *gen.DNDSettings
	inbound          *gen.InboundDNDSettings
	createdBy        *gen.CreatedBy
	attributions     []gen.Attribution // with the bare names of GET by id: the first, and the last if there are two
	lastActivity     int64             // milliseconds since 1970; 0 if there was none
	extra            []byte            // members that the document does not know, as one JSON object
}

var noRest rest

func (r *record) text(member text) string {
	return r.texts.get(member)
}

// setText changes a record that is not stored yet; an empty value removes the member.
func (r *record) setText(member text, value string) {
	r.texts = r.texts.with(member, value)
}

// copy returns a record whose own members, and those of its rest, may be changed. Lists are shared: replace them.
func (r *record) copy() *record {
	changed := *r
	rest := *r.rest
	changed.rest = &rest
	return &changed
}

// fullName is what the API calls name and contactName.
func (r *record) fullName() string {
	return strings.TrimSpace(r.text(firstName) + " " + r.text(lastName))
}

// setFullName splits a full name at its first space. How the API splits one is not known.
func (r *record) setFullName(name string) {
	first, last, _ := strings.Cut(strings.TrimSpace(name), " ")
	r.setText(firstName, first)
	r.setText(lastName, strings.TrimSpace(last))
}

// emails returns all addresses of the contact in lower case, the primary one first.
func (r *record) emails() []string {
	var addresses []string
	if primary := r.text(email); primary != "" {
		addresses = append(addresses, strings.ToLower(primary))
	}
	for _, additional := range r.additionalEmails {
		addresses = append(addresses, strings.ToLower(additional.Email))
	}
	return addresses
}
