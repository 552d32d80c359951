package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// addFault adds the fault of the form and redirects to the page.
func (c *console) addFault(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "cannot read the form", http.StatusBadRequest)
		return
	}
	fault, err := parseFault(r.PostForm)
	if err == nil {
		err = c.server.TryInjectFaults(fault)
	}
	if err != nil {
		c.showPage(w, r, http.StatusBadRequest, err.Error())
		return
	}
	http.Redirect(w, r, "/#faults", http.StatusSeeOther)
}

// clearFaults removes all faults.
func (c *console) clearFaults(w http.ResponseWriter, r *http.Request) {
	c.server.ClearFaults()
	http.Redirect(w, r, "/#faults", http.StatusSeeOther)
}

// parseFault reads a fault from a form. It uses [clienttest.ReadFaults].
func parseFault(form url.Values) (clienttest.Fault, error) {
	fault := map[string]any{}
	for _, name := range []string{"operation", "delay", "body", "connection", "bodyDelay"} {
		if value := strings.TrimSpace(form.Get(name)); value != "" {
			fault[name] = value
		}
	}
	for _, name := range []string{"after", "count", "status", "rate", "seed"} {
		value := strings.TrimSpace(form.Get(name))
		if value == "" {
			continue
		}
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return clienttest.Fault{}, fmt.Errorf("%s: %q is not a number", name, value)
		}
		fault[name] = number
	}
	fault["apply"] = form.Get("apply") == "true"
	if name := strings.TrimSpace(form.Get("headerName")); name != "" {
		fault["header"] = map[string]string{name: form.Get("headerValue")}
	}
	if pointer := strings.TrimSpace(form.Get("setPointer")); pointer != "" {
		var value any
		if err := json.Unmarshal([]byte(form.Get("setValue")), &value); err != nil {
			return clienttest.Fault{}, fmt.Errorf("set: value is not JSON: %w", err)
		}
		fault["set"] = map[string]any{pointer: value}
	}
	if pointer := strings.TrimSpace(form.Get("remove")); pointer != "" {
		fault["remove"] = []string{pointer}
	}
	file, err := json.Marshal([]any{fault})
	if err != nil {
		return clienttest.Fault{}, err
	}
	faults, err := clienttest.ReadFaults(strings.NewReader(string(file)))
	if err != nil {
		return clienttest.Fault{}, err
	}
	return faults[0], nil
}

// matchSummary describes which requests a fault matches.
func matchSummary(f clienttest.Fault) string {
	var words []string
	if f.After > 0 {
		words = append(words, fmt.Sprintf("after the first %d", f.After))
	}
	if f.Rate > 0 {
		words = append(words, fmt.Sprintf("a share of %v, seed %d", f.Rate, f.Seed))
	}
	if f.Count > 0 {
		words = append(words, fmt.Sprintf("at most %d", f.Count))
	}
	return cmp.Or(strings.Join(words, ", "), "all")
}

// effectSummary describes what a fault does.
func effectSummary(f clienttest.Fault) string {
	var words []string
	add := func(applies bool, word string) {
		if applies {
			words = append(words, word)
		}
	}
	add(f.Delay > 0, "delay "+f.Delay.String())
	add(f.Status > 0, fmt.Sprintf("status %d", f.Status))
	add(f.Body != "", fmt.Sprintf("a body of %d bytes", len(f.Body)))
	add(f.Apply, "the operation is applied")
	add(len(f.Header) > 0, "headers are set")
	add(len(f.Set) > 0, "values are changed")
	add(len(f.Remove) > 0, "properties are removed")
	add(f.BodyDelay > 0, "delay "+f.BodyDelay.String()+" in the body")
	add(f.Connection != "", "connection: "+string(f.Connection))
	return cmp.Or(strings.Join(words, ", "), "nothing")
}
