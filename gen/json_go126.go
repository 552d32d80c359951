// Until Go 1.28 is released, Go 1.26 is supported. Then this file is deleted.

//go:build !go1.27

package gen

import (
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Before Go 1.27, encoding/json takes Extra for an ordinary field and drops the properties that
// belong into it. The methods in this file let it read and write the models as Go 1.27 does. Each
// model has four methods: MarshalJSON and UnmarshalJSON are for encoding/json; MarshalJSONTo and
// UnmarshalJSONFrom keep json/v2 from using them.

// optionsV1 let json/v2 behave like encoding/json, which escapes HTML itself if the caller wants
// that.
var optionsV1 = jsonv2.JoinOptions(jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false))

// plainAdditionalEmail is AdditionalEmail without methods.
type plainAdditionalEmail AdditionalEmail

// MarshalJSON implements encoding/json.Marshaler.
func (a AdditionalEmail) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainAdditionalEmail)(&a), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (a *AdditionalEmail) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainAdditionalEmail)(a), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (a *AdditionalEmail) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainAdditionalEmail)(a))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (a *AdditionalEmail) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainAdditionalEmail)(a))
}

// plainAdditionalPhone is AdditionalPhone without methods.
type plainAdditionalPhone AdditionalPhone

// MarshalJSON implements encoding/json.Marshaler.
func (a AdditionalPhone) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainAdditionalPhone)(&a), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (a *AdditionalPhone) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainAdditionalPhone)(a), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (a *AdditionalPhone) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainAdditionalPhone)(a))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (a *AdditionalPhone) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainAdditionalPhone)(a))
}

// plainAttribution is Attribution without methods.
type plainAttribution Attribution

// MarshalJSON implements encoding/json.Marshaler.
func (a Attribution) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainAttribution)(&a), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (a *Attribution) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainAttribution)(a), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (a *Attribution) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainAttribution)(a))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (a *Attribution) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainAttribution)(a))
}

// plainContact is Contact without methods.
type plainContact Contact

// MarshalJSON implements encoding/json.Marshaler.
func (c Contact) MarshalJSON() ([]byte, error) { return jsonv2.Marshal((*plainContact)(&c), optionsV1) }

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (c *Contact) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainContact)(c), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (c *Contact) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainContact)(c))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (c *Contact) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainContact)(c))
}

// plainCreatedBy is CreatedBy without methods.
type plainCreatedBy CreatedBy

// MarshalJSON implements encoding/json.Marshaler.
func (c CreatedBy) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainCreatedBy)(&c), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (c *CreatedBy) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainCreatedBy)(c), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (c *CreatedBy) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainCreatedBy)(c))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (c *CreatedBy) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainCreatedBy)(c))
}

// plainCustomField is CustomField without methods.
type plainCustomField CustomField

// MarshalJSON implements encoding/json.Marshaler.
func (c CustomField) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainCustomField)(&c), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (c *CustomField) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainCustomField)(c), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (c *CustomField) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainCustomField)(c))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (c *CustomField) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainCustomField)(c))
}

// plainDNDSetting is DNDSetting without methods.
type plainDNDSetting DNDSetting

// MarshalJSON implements encoding/json.Marshaler.
func (d DNDSetting) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainDNDSetting)(&d), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (d *DNDSetting) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainDNDSetting)(d), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (d *DNDSetting) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainDNDSetting)(d))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (d *DNDSetting) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainDNDSetting)(d))
}

// plainDNDSettings is DNDSettings without methods.
type plainDNDSettings DNDSettings

// MarshalJSON implements encoding/json.Marshaler.
func (d DNDSettings) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainDNDSettings)(&d), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (d *DNDSettings) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainDNDSettings)(d), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (d *DNDSettings) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainDNDSettings)(d))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (d *DNDSettings) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainDNDSettings)(d))
}

// plainInboundDNDSetting is InboundDNDSetting without methods.
type plainInboundDNDSetting InboundDNDSetting

// MarshalJSON implements encoding/json.Marshaler.
func (i InboundDNDSetting) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainInboundDNDSetting)(&i), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (i *InboundDNDSetting) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainInboundDNDSetting)(i), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (i *InboundDNDSetting) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainInboundDNDSetting)(i))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (i *InboundDNDSetting) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainInboundDNDSetting)(i))
}

// plainInboundDNDSettings is InboundDNDSettings without methods.
type plainInboundDNDSettings InboundDNDSettings

// MarshalJSON implements encoding/json.Marshaler.
func (i InboundDNDSettings) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainInboundDNDSettings)(&i), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (i *InboundDNDSettings) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainInboundDNDSettings)(i), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (i *InboundDNDSettings) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainInboundDNDSettings)(i))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (i *InboundDNDSettings) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainInboundDNDSettings)(i))
}

// plainOpportunity is Opportunity without methods.
type plainOpportunity Opportunity

// MarshalJSON implements encoding/json.Marshaler.
func (o Opportunity) MarshalJSON() ([]byte, error) {
	return jsonv2.Marshal((*plainOpportunity)(&o), optionsV1)
}

// UnmarshalJSON implements encoding/json.Unmarshaler.
func (o *Opportunity) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, (*plainOpportunity)(o), optionsV1)
}

// MarshalJSONTo implements json/v2's MarshalerTo.
func (o *Opportunity) MarshalJSONTo(enc *jsontext.Encoder) error {
	return jsonv2.MarshalEncode(enc, (*plainOpportunity)(o))
}

// UnmarshalJSONFrom implements json/v2's UnmarshalerFrom.
func (o *Opportunity) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(dec, (*plainOpportunity)(o))
}
