package clienttest

import (
	"reflect"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// bareAttributions collects where a contact came from, with the names that GET by id uses, from whichever of the two
// forms the contact has: attributionSource and lastAttributionSource, or the list that lists send.
func bareAttributions(c *gen.Contact) []gen.Attribution {
	var found []gen.Attribution
	for _, one := range c.Attributions {
		found = append(found, bareAttribution(one))
	}
	if found != nil {
		return found
	}
	for _, one := range []gen.Attribution{c.AttributionSource, c.LastAttributionSource} {
		if !reflect.ValueOf(one).IsZero() && (found == nil || !reflect.DeepEqual(found[0], one)) {
			found = append(found, one)
		}
	}
	return found
}

func bareAttribution(listed gen.Attribution) gen.Attribution {
	bare := listed
	move(&bare.SessionSource, &bare.UtmSessionSource)
	move(&bare.Campaign, &bare.UtmCampaign)
	move(&bare.CampaignID, &bare.UtmCampaignID)
	move(&bare.AdID, &bare.UtmAdID)
	bare.IsFirst, bare.IsLast = false, false
	return bare
}

// listedAttributions gives attributions the utm-prefixed names and the marks that they have in lists.
func listedAttributions(bare []gen.Attribution) []gen.Attribution {
	listed := make([]gen.Attribution, len(bare))
	for i, one := range bare {
		move(&one.UtmSessionSource, &one.SessionSource)
		move(&one.UtmCampaign, &one.Campaign)
		move(&one.UtmCampaignID, &one.CampaignID)
		move(&one.UtmAdID, &one.AdID)
		one.IsFirst, one.IsLast = i == 0, i > 0 && i == len(bare)-1
		listed[i] = one
	}
	return listed
}

func move(to, from *string) {
	if *to == "" {
		*to = *from
	}
	*from = ""
}
