package clienttest

import (
	"cmp"
	"fmt"
	"slices"
)

// Location is a location (sub-account) and its settings. The zero value of each setting is the
// default.
type Location struct {
	// ID is the ID of the location; empty means the server's own, [Server.LocationID].
	ID string
	// Name is what the consent page and the console show beside the ID.
	Name string
	// CompanyID is the agency that the location belongs to; empty means the server's own,
	// [Server.CompanyID].
	CompanyID string
	// AllowDuplicates allows contacts with the same email address or phone number.
	AllowDuplicates bool
	// PhoneFirst matches duplicates by phone number before email address, instead of the reverse.
	PhoneFirst bool
	// Country is the two-letter country of phone numbers without a country code, US by default.
	Country string
	// Fields are the custom fields; nil means [SampleFields]. Values for other fields are dropped
	// silently.
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

// identifiers returns the properties by which a contact is a duplicate, in the location's order.
func (l *Location) identifiers() []string {
	if l.PhoneFirst {
		return []string{"phone", "email"}
	}
	return []string{"email", "phone"}
}

// location returns the settings of a location: the defaults if no option has described it.
func (s *Server) location(id string) *Location {
	if l := s.locations[id]; l != nil {
		return l
	}
	l := s.completeLocation(Location{ID: id})
	return &l
}

// addLocations stores the server's own location and those that options describe.
func (s *Server) addLocations(described []Location) {
	own := s.completeLocation(Location{})
	s.locations = map[string]*Location{s.LocationID: &own}
	for _, l := range described {
		l = s.completeLocation(l)
		s.locations[l.ID] = &l
		if l.ID != s.LocationID && !slices.Contains(s.locationIDs, l.ID) {
			s.locationIDs = append(s.locationIDs, l.ID)
		}
	}
}

// completeLocation sets what the description of a location leaves out.
func (s *Server) completeLocation(l Location) Location {
	l.ID = cmp.Or(l.ID, s.LocationID)
	l.CompanyID = cmp.Or(l.CompanyID, s.CompanyID)
	l.Country = cmp.Or(l.Country, "US")
	if l.Fields == nil {
		l.Fields = SampleFields()
	}
	return l
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
