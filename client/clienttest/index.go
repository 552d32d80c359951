package clienttest

import "slices"

// key is a value within a location.
type key struct{ location, value string }

// index finds the ids of contacts by location and value.
type index map[string]map[string]posting

// posting is the ids of the contacts that have a value. Most values belong to one contact, which takes no list.
type posting struct {
	id   string
	more []string
}

func (x index) ids(location, value string) []string {
	p, ok := x[location][value]
	if !ok {
		return nil
	}
	return append([]string{p.id}, p.more...)
}

func (x index) add(location, value, id string) {
	values := x[location]
	if values == nil {
		values = map[string]posting{}
		x[location] = values
	}
	p, exists := values[value]
	switch {
	case !exists:
		values[value] = posting{id: id}
	case p.id != id && !slices.Contains(p.more, id):
		p.more = append(p.more, id)
		values[value] = p
	}
}

func (x index) drop(location, value, id string) {
	ids := slices.DeleteFunc(x.ids(location, value), func(other string) bool { return other == id })
	if len(ids) == 0 {
		delete(x[location], value)
		return
	}
	x[location][value] = posting{ids[0], ids[1:]}
}
