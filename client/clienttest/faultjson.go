package clienttest

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// faultJSON is a Fault as a file says it. Delays are texts such as "1.5s".
type faultJSON struct {
	Operation string            `json:"operation"`
	After     int               `json:"after"`
	Count     int               `json:"count"`
	Rate      float64           `json:"rate"`
	Seed      uint64            `json:"seed"`
	Delay     string            `json:"delay"`
	Status    int               `json:"status"`
	Body      string            `json:"body"`
	Applied   bool              `json:"applied"`
	Header    map[string]string `json:"header"`
	Set       map[string]any    `json:"set"`
	Remove    []string          `json:"remove"`
	Cut       Cut               `json:"cut"`
	BodyDelay string            `json:"bodyDelay"`
}

// ReadFaults reads a JSON list of faults: the members of [Fault] in lower camel case, delays as texts such as "1.5s", headers
// as an object of texts, an empty one to remove a header. An example:
//
//	[
//	  {"operation": "createContact", "count": 1, "cut": "after"},
//	  {"rate": 0.01, "seed": 7, "status": 502, "body": "<html>Bad Gateway</html>", "header": {"Content-Type": "text/html"}},
//	  {"operation": "getContacts", "set": {"/contacts/*/dateAdded": 1603870249758}, "bodyDelay": "200ms"}
//	]
func ReadFaults(from io.Reader) ([]Fault, error) {
	var read []faultJSON
	if err := json.UnmarshalRead(from, &read, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	faults := make([]Fault, len(read))
	for i, f := range read {
		fault, err := f.fault()
		if err == nil {
			err = fault.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
		faults[i] = fault
	}
	return faults, nil
}

func (f faultJSON) fault() (Fault, error) {
	fault := Fault{
		Operation: f.Operation, After: f.After, Count: f.Count, Rate: f.Rate, Seed: f.Seed,
		Status: f.Status, Body: f.Body, Applied: f.Applied, Set: f.Set, Remove: f.Remove, Cut: f.Cut,
	}
	var err error
	if fault.Delay, err = parseDelay(f.Delay); err != nil {
		return Fault{}, fmt.Errorf("delay: %w", err)
	}
	if fault.BodyDelay, err = parseDelay(f.BodyDelay); err != nil {
		return Fault{}, fmt.Errorf("bodyDelay: %w", err)
	}
	if f.Header != nil {
		fault.Header = http.Header{}
		for name, value := range f.Header {
			if value == "" {
				fault.Header[http.CanonicalHeaderKey(name)] = nil
				continue
			}
			fault.Header.Set(name, value)
		}
	}
	return fault, nil
}

func parseDelay(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	return time.ParseDuration(text)
}
