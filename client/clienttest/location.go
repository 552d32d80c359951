package clienttest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/ids"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Location is a location (sub-account) and its settings. The zero value of each setting is its
// default.
type Location struct {
	// ID is the ID of the location; empty means the default location, [Server.LocationID].
	ID string
	// Name is a name that the consent page and the console show beside the ID.
	Name string
	// CompanyID is the agency that the location belongs to; empty means [Server.CompanyID].
	CompanyID string
	// AllowDuplicates allows several contacts with the same email address or phone number.
	AllowDuplicates bool
	// PhoneFirst makes the location look for duplicates by phone number first and by email address
	// second. By default the email address is first.
	PhoneFirst bool
	// Country is the two-letter code, in either case, of the country of new contacts that have
	// none, and of phone numbers without a country code, US by default.
	Country string
	// Fields are the custom fields; nil means [SampleFields]. The fake silently drops values of
	// other fields.
	Fields []gen.CustomFieldDefinition
}

// Locations returns the default location, and then those that options describe.
func (s *Server) Locations() []Location { return slices.Clone(s.locations) }

// identifiers returns the properties by which the location finds duplicates, in its order.
func (l *Location) identifiers() []string {
	if l.PhoneFirst {
		return []string{"phone", "email"}
	}
	return []string{"email", "phone"}
}

// location returns the settings of a location: the defaults if no option describes it.
func (s *Server) location(id string) *Location {
	at := slices.IndexFunc(s.locations, func(l Location) bool { return l.ID == id })
	if at < 0 {
		return new(s.locationWithDefaults(Location{ID: id}))
	}
	return &s.locations[at]
}

// locationWithDefaults sets the defaults of a location.
func (s *Server) locationWithDefaults(l Location) Location {
	l.ID = cmp.Or(l.ID, s.LocationID)
	l.CompanyID = cmp.Or(l.CompanyID, s.CompanyID)
	l.Country = strings.ToUpper(cmp.Or(l.Country, "US"))
	if l.Fields == nil {
		l.Fields = SampleFields()
	}
	l.Fields = fieldsWithDefaults(l.ID, l.Fields)
	return l
}

// SampleLocations returns n locations for [WithLocationSettings]. They are the same in every run.
func SampleLocations(n int) []Location {
	source := ids.Source{Seed: 2}
	locations := make([]Location, n)
	for i := range locations {
		locations[i] = Location{ID: source.ID(), Name: fmt.Sprintf("Sample location %d", i+2)}
	}
	return locations
}
