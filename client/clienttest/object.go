package clienttest

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// instantLayout is how the API writes instants.
const instantLayout = "2006-01-02T15:04:05.000Z07:00"

// object writes a JSON object member by member, in the order of the calls. Answers are written with it because the same
// contact has missing members in one of them and nulls in another.
type object struct {
	bytes []byte
}

func newObject(capacity int) *object {
	return &object{bytes: append(make([]byte, 0, capacity), '{')}
}

// name writes the name of a member, which has no characters to quote.
func (o *object) name(name string) {
	if last := o.bytes[len(o.bytes)-1]; last != '{' {
		o.bytes = append(o.bytes, ',')
	}
	o.bytes = append(o.bytes, '"')
	o.bytes = append(o.bytes, name...)
	o.bytes = append(o.bytes, '"', ':')
}

// text writes a text, and nothing if it is empty.
func (o *object) text(name, value string) {
	if value != "" {
		o.name(name)
		o.bytes = appendText(o.bytes, value)
	}
}

// textOrNull writes a text, and null if it is empty.
func (o *object) textOrNull(name, value string) {
	o.name(name)
	if value == "" {
		o.bytes = append(o.bytes, "null"...)
		return
	}
	o.bytes = appendText(o.bytes, value)
}

func (o *object) integer(name string, value int64) {
	o.name(name)
	o.bytes = strconv.AppendInt(o.bytes, value, 10)
}

func (o *object) boolean(name string, value bool) {
	o.name(name)
	o.bytes = strconv.AppendBool(o.bytes, value)
}

func (o *object) null(name string) {
	o.raw(name, []byte("null"))
}

// raw writes a value that is JSON already.
func (o *object) raw(name string, value []byte) {
	o.name(name)
	o.bytes = append(o.bytes, value...)
}

// instant writes milliseconds since 1970 as RFC 3339.
func (o *object) instant(name string, millis int64) {
	o.name(name)
	o.bytes = append(o.bytes, '"')
	o.bytes = time.UnixMilli(millis).UTC().AppendFormat(o.bytes, instantLayout)
	o.bytes = append(o.bytes, '"')
}

// list writes a list of texts.
func (o *object) list(name string, values []string) {
	o.name(name)
	o.bytes = append(o.bytes, '[')
	for i, value := range values {
		if i > 0 {
			o.bytes = append(o.bytes, ',')
		}
		o.bytes = appendText(o.bytes, value)
	}
	o.bytes = append(o.bytes, ']')
}

// value writes anything that encoding/json can.
func (o *object) value(name string, value any) {
	encoded, err := json.Marshal(value)
	if err != nil {
		encoded = []byte("null") // a raw value that a seed took from elsewhere and that is not JSON
	}
	o.raw(name, encoded)
}

// end closes the object and returns it.
func (o *object) end() []byte {
	o.bytes = append(o.bytes, '}')
	return o.bytes
}

func appendText(to []byte, value string) []byte {
	to, _ = jsontext.AppendQuote(to, value) // broken UTF-8 is replaced, which is all that can be done with it
	return to
}
