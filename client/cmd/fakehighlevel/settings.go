package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// errUsage is an error of the command line that has been printed already.
var errUsage = errors.New("usage")

// settings holds the flags of the command line.
type settings struct {
	address         string
	hosts           hosts
	token           string
	location        string
	seed            string
	contacts        int
	locations       int
	country         string
	fields          string
	approve         bool
	sync            bool
	rate            rate
	allowDuplicates bool
	faults          string
	state           string
	validate        bool
	verbose         bool
}

func parseSettings(args []string, out io.Writer) (*settings, error) {
	s := &settings{rate: rate{clienttest.ProductionLimit}}
	flags := flag.NewFlagSet("fakehighlevel", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, "fakehighlevel is a fake HighLevel Contacts API for development and tests.\n\nUsage: fakehighlevel [flags]\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&s.address, "addr", "127.0.0.1:8787", "listen on `address`; port 0 selects a free port")
	flags.Var(&s.hosts, "host", "accept requests for this host `name` in addition to IP addresses, localhost and names without a dot; may be repeated")
	flags.StringVar(&s.token, "token", "pit-3b1f0d52-6a7c-4e0d-9a41-5c2f7e8d9b10", "accept this private integration `token`")
	flags.StringVar(&s.location, "location", "ve9EPM428h8vShlRW1KT", "serve the location with this `ID`; the token belongs to it")
	flags.IntVar(&s.locations, "locations", 1, "serve `n` locations of one agency, in which the OAuth app can be installed")
	flags.StringVar(&s.country, "country", "US", "read phone numbers without a country code as numbers of this `country`, a two-letter code")
	flags.StringVar(&s.fields, "fields", "", "define the custom fields described by the JSON in `file`; see ReadFields in package clienttest")
	flags.StringVar(&s.seed, "seed", "", "load the contacts in `file`, one JSON object per line")
	flags.IntVar(&s.contacts, "contacts", 25, "generate `n` sample contacts in each location, unless -seed is set")
	flags.Var(&s.rate, "rate", "set the rate limit: `requests/window`, such as 25/10s, optionally with a daily limit, such as 25/10s,10000; \"off\" disables it")
	flags.BoolVar(&s.allowDuplicates, "allow-duplicates", false, "allow contacts with the same email address or phone number")
	flags.StringVar(&s.faults, "faults", "", "inject the faults described by the JSON in `file`; see ReadFaults in package clienttest")
	flags.StringVar(&s.state, "state", "", "store the contacts in `file`; -seed and -contacts have no effect if it has contacts")
	flags.BoolVar(&s.sync, "sync", false, "with -state, write each change to the disk before it is confirmed")
	flags.BoolVar(&s.approve, "approve", false, "make the OAuth consent page redirect immediately, without a person; with -locations, install the app for the agency")
	flags.BoolVar(&s.validate, "validate", true, "validate requests and responses against the OpenAPI document")
	flags.BoolVar(&s.verbose, "v", false, "log queries and bodies too, which contain personal data")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errors.Join(errUsage, err)
	}
	var problem string
	switch {
	case flags.NArg() > 0:
		problem = fmt.Sprintf("unexpected argument %q", flags.Arg(0))
	case s.sync && s.state == "":
		problem = "-sync: set -state too"
	case s.locations < 1:
		problem = "-locations: must be at least 1"
	case s.contacts < 0:
		problem = "-contacts: must not be negative"
	default:
		return s, nil
	}
	fmt.Fprintln(out, problem)
	flags.Usage()
	return nil, errUsage
}

// hosts is the value of -host.
type hosts []string

// String implements flag.Value.
func (h *hosts) String() string { return strings.Join(*h, ",") }

// Set implements flag.Value.
func (h *hosts) Set(name string) error {
	*h = append(*h, name)
	return nil
}

// rate is the value of -rate.
type rate struct{ clienttest.RateLimit }

// String implements flag.Value.
func (r *rate) String() string {
	if r.RateLimit == (clienttest.RateLimit{}) {
		return "off"
	}
	text := fmt.Sprintf("%d/%s", r.Max, r.Interval)
	if r.Daily > 0 {
		text += "," + strconv.Itoa(r.Daily)
	}
	return text
}

// Set implements flag.Value.
func (r *rate) Set(text string) error {
	if text == "off" {
		r.RateLimit = clienttest.RateLimit{}
		return nil
	}
	burst, daily, hasDaily := strings.Cut(text, ",")
	requests, window, _ := strings.Cut(burst, "/")
	limit := clienttest.RateLimit{Daily: clienttest.ProductionLimit.Daily}
	var errs [3]error
	limit.Max, errs[0] = strconv.Atoi(requests)
	limit.Interval, errs[1] = time.ParseDuration(window)
	if hasDaily {
		limit.Daily, errs[2] = strconv.Atoi(daily)
	}
	if errors.Join(errs[:]...) != nil || limit.Max <= 0 || limit.Interval <= 0 || limit.Daily < 0 {
		return errors.New(`write it like 100/10s or 100/10s,200000, or "off"`)
	}
	r.RateLimit = limit
	return nil
}
