package clienttest

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// Location is a location (sub-account) and its settings. The zero value of each setting is the default.
type Location struct {
	// ID is the id of the location; empty means the server's own, [Server.LocationID].
	ID string
	// Name is what the consent page and the console show beside the ID.
	Name string
	// CompanyID is the agency that the location belongs to; empty means the server's own, [Server.CompanyID].
	CompanyID string
	// AllowDuplicates allows contacts with the same e-mail address or phone number.
	AllowDuplicates bool
	// PhoneFirst matches duplicates by phone number before e-mail address, instead of the other way round.
	PhoneFirst bool
	// Country is the two-letter country of phone numbers without a country code, US by default.
	Country string
	// Fields are the custom fields; nil means [SampleFields]. Values for other fields are dropped silently.
	Fields []FieldDefinition
}

// Locations returns the server's own location and those that options have described.
func (s *Server) Locations() []Location {
	all := []Location{*s.locations[s.LocationID]}
	for _, id := range s.locationIDs {
		all = append(all, *s.locations[id])
	}
	return all
}

// identifiers are the members that make a contact a duplicate, in the location's order.
func (l *Location) identifiers() []text {
	if l.PhoneFirst {
		return []text{phone, email}
	}
	return []text{email, phone}
}

// FieldType is the kind of value that a custom field takes.
type FieldType string

// The types of custom fields.
const (
	FieldTypeText   FieldType = "text"   // any text
	FieldTypeNumber FieldType = "number" // a number, or a text that is one
	FieldTypeDate   FieldType = "date"   // a date as text or milliseconds since 1970; answered as milliseconds
	FieldTypeSelect FieldType = "select" // one of the options
	FieldTypeList   FieldType = "list"   // a list of options
	FieldTypeFiles  FieldType = "files"  // an object of files keyed by UUID
)

var fieldTypes = []FieldType{FieldTypeText, FieldTypeNumber, FieldTypeDate, FieldTypeSelect, FieldTypeList, FieldTypeFiles}

// FieldDefinition is a custom field of a location.
type FieldDefinition struct {
	ID      string
	Key     string
	Type    FieldType
	Options []string // of a select or list; empty allows any
}

// SampleFields returns the fields of a location that defines none of its own: one of each type, and
// the two of this project's examples.
func SampleFields() []FieldDefinition {
	return []FieldDefinition{
		{ID: "6dvNaf7VhkQ9snc5vnjJ", Key: "my_text", Type: FieldTypeText},
		{ID: "9NAf0SNjEs4p2wRzIFvU", Key: "my_number", Type: FieldTypeNumber},
		{ID: "MgobCB14YMVKuE4Ka8p1", Key: "my_date", Type: FieldTypeDate},
		{ID: "3sv6UEo51C9Bmpo1cKTq", Key: "my_select", Type: FieldTypeSelect, Options: []string{"small", "medium", "large"}},
		{ID: "1HeGizb13P0odwgOgKSs", Key: "my_list", Type: FieldTypeList, Options: []string{"red", "green", "blue"}},
		{ID: "w2M9qTZ0ZJz8rGt02jdJ", Key: "my_files", Type: FieldTypeFiles},
		{ID: "Yt5Qd0mRr2uVb8sXh1Lk", Key: "shoe_size", Type: FieldTypeNumber},
		{ID: "Bq7Zc3nWf9pGj4tKe6Ma", Key: "favorite_color", Type: FieldTypeText},
	}
}

// SampleLocations returns n locations to describe with [WithLocation], the same ones in every run.
func SampleLocations(n int) []Location {
	source := ids{seed: 2}
	locations := make([]Location, n)
	for i := range locations {
		locations[i] = Location{ID: source.contact(), Name: fmt.Sprintf("Sample location %d", i+2)}
	}
	return locations
}

// fieldJSON is a FieldDefinition in a file.
type fieldJSON struct {
	ID      string    `json:"id"`
	Key     string    `json:"key"`
	Type    FieldType `json:"type"`
	Options []string  `json:"options"`
}

// ReadFields reads a JSON list of custom fields. An ID is generated if there is none, and the type
// is text by default:
//
//	[
//	  {"id": "6dvNaf7VhkQ9snc5vnjJ", "key": "shoe_size", "type": "number"},
//	  {"key": "favorite_color", "type": "select", "options": ["red", "green", "blue"]}
//	]
func ReadFields(from io.Reader) ([]FieldDefinition, error) {
	var read []fieldJSON
	if err := json.UnmarshalRead(from, &read, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("custom fields: %w", err)
	}
	source := ids{seed: 3}
	fields := make([]FieldDefinition, len(read))
	for i, f := range read {
		fields[i] = FieldDefinition{
			ID: cmp.Or(f.ID, source.contact()), Key: strings.TrimPrefix(f.Key, "contact."),
			Type: cmp.Or(f.Type, FieldTypeText), Options: f.Options,
		}
	}
	if err := validateFields(fields); err != nil {
		return nil, err
	}
	return fields, nil
}

func validateFields(fields []FieldDefinition) error {
	ids, keys := map[string]bool{}, map[string]bool{}
	for i, f := range fields {
		var problem string
		switch {
		case f.ID == "" || f.Key == "":
			problem = "needs an ID and a key"
		case ids[f.ID] || keys[f.Key]:
			problem = "has the ID or the key of another field"
		case !slices.Contains(fieldTypes, f.Type):
			problem = fmt.Sprintf("has type %q, which is not one of %v", f.Type, fieldTypes)
		}
		if problem != "" {
			return fmt.Errorf("custom field %d %s", i+1, problem)
		}
		ids[f.ID], keys[f.Key] = true, true
	}
	return nil
}

// field finds a custom field by id or by key, nil if the location has none such.
func (l *Location) field(id, key string) *FieldDefinition {
	at := slices.IndexFunc(l.Fields, func(f FieldDefinition) bool {
		if id != "" {
			return f.ID == id
		}
		return f.Key == strings.TrimPrefix(key, "contact.")
	})
	if at < 0 {
		return nil
	}
	return &l.Fields[at]
}
