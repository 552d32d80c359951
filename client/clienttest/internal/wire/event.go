package wire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// WriteEvent writes the properties of a contact in the shape of webhooks, which omits missing
// values. withDND writes dnd even if it is false.
func (o *Object) WriteEvent(c *gen.Contact, withDND bool) {
	for _, p := range []struct{ name, value string }{
		{"id", c.ID},
		{"firstName", c.FirstName},
		{"lastName", c.LastName},
		{"email", c.Email},
		{"phone", c.Phone},
		{"companyName", c.CompanyName},
		{"address1", c.Address1},
		{"city", c.City},
		{"state", c.State},
		{"postalCode", c.PostalCode},
		{"country", c.Country},
		{"website", c.Website},
		{"source", c.Source},
		{"assignedTo", c.AssignedTo},
		{"timezone", c.Timezone},
	} {
		o.String(p.name, p.value)
	}
	if day, err := time.Parse(time.DateOnly, string(c.DateOfBirth)); err == nil {
		o.Time("dateOfBirth", day)
	}
	if c.DND || withDND {
		o.Value("dnd", c.DND)
	}
	o.NonZero("dndSettings", c.DNDSettings)
	o.NonZero("inboundDndSettings", c.InboundDNDSettings)
	o.Value("tags", c.Tags)
	o.Time("dateAdded", c.DateAdded)
	o.customFields(c.CustomFields)
	o.NonZero("attributionSource", c.AttributionSource)
}

// WebhookRequest returns the request that delivers a webhook.
func WebhookRequest(ctx context.Context, url string, body, signature []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, cmp.Or(url, "https://app.example/webhooks"), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(signature))
	return request, nil
}
