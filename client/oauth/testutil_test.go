package oauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const (
	clientID     = "6690f5b0c5d7a1-app"
	clientSecret = "s3cr3t-of-the-app"
	redirectURL  = "https://app.example/oauth/callback"
	companyID    = "tDtDnQdgm2LXpyiqYvZ6"
	locationID   = "ve9EPM428h8vShlRW1KT"
)

// vendor answers as the API's token endpoints do, and refuses what they would refuse: a refresh token works once, save that for
// the time of grace it gets the same pair again.
type vendor struct {
	life  time.Duration // of an access token
	grace time.Duration

	mu         sync.Mutex
	issued     int
	codes      map[string]bool                      // those not used yet
	grants     map[string]*grant                    // by refresh token
	access     map[string]bool                      // access tokens that work
	userType   string                               // of the installation
	requests   []url.Values                         // those to /oauth/token
	mints      int                                  // those to /oauth/locationToken
	rotations  int                                  // refresh tokens used for the first time
	violations []string                             // what no client may do
	before     func(*http.Request) http.HandlerFunc // answers in the vendor's place if it returns one
	after      func(*http.Request) http.HandlerFunc // answers in the vendor's place what has been done, if it returns one
}

// grant is what a refresh token is good for.
type grant struct {
	answer map[string]any // what it got
	usedAt time.Time
}

func newVendor(userType oauth.UserType) *vendor {
	return &vendor{
		life: 86399 * time.Second, grace: 30 * time.Second, userType: string(userType),
		codes: map[string]bool{}, grants: map[string]*grant{}, access: map[string]bool{},
	}
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if v.before != nil {
		if answer := v.before(r); answer != nil {
			answer(w, r)
			return
		}
	}
	v.mu.Lock()
	status, body := v.answer(r)
	v.mu.Unlock()
	if v.after != nil {
		if answer := v.after(r); answer != nil {
			answer(w, r)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (v *vendor) answer(r *http.Request) (int, map[string]any) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.URL.RawQuery != "" ||
		r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return 400, refuse("invalid_request", "post a form")
	}
	switch r.URL.Path {
	case "/oauth/token":
		v.requests = append(v.requests, r.PostForm)
		return v.token(r)
	case "/oauth/locationToken":
		v.mints++
		return v.locationToken(r)
	default:
		return 404, map[string]any{"statusCode": 404, "message": "Cannot POST " + r.URL.Path, "error": "Not Found"}
	}
}

func refuse(code, description string) map[string]any {
	return map[string]any{"error": code, "error_description": description}
}

func (v *vendor) token(r *http.Request) (int, map[string]any) {
	form := r.PostForm
	switch {
	case r.Header.Get("Version") != "" || r.Header.Get("Authorization") != "":
		return 400, refuse("invalid_request", "no such header here")
	case form.Get("client_id") != clientID || form.Get("client_secret") != clientSecret:
		return 401, refuse("UnAuthorized!", "Invalid client credentials")
	case form.Get("user_type") != "" && form.Get("user_type") != v.userType:
		return 400, refuse("invalid_request", "wrong user type")
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		if !v.codes[form.Get("code")] || form.Get("redirect_uri") != redirectURL {
			return 401, refuse("UnAuthorized!", "Authorization code not found")
		}
		delete(v.codes, form.Get("code"))
		return 200, v.pair()
	case "refresh_token":
		return v.refresh(form.Get("refresh_token"))
	default:
		return 400, refuse("unsupported_grant_type", "")
	}
}

func (v *vendor) refresh(token string) (int, map[string]any) {
	g := v.grants[token]
	switch {
	case g == nil:
		return 400, refuse("invalid_grant", "Refresh token not found")
	case g.answer == nil:
		v.rotations++
		g.answer, g.usedAt = v.pair(), time.Now()
		return 200, g.answer
	case time.Since(g.usedAt) < v.grace:
		return 200, g.answer
	default:
		v.violations = append(v.violations, "a used refresh token came again")
		return 400, refuse("invalid_grant", "This refresh token is invalid")
	}
}

// pair issues an access token and a refresh token.
func (v *vendor) pair() map[string]any {
	v.issued++
	answer := map[string]any{
		"access_token": fmt.Sprintf("access-%d", v.issued), "refresh_token": fmt.Sprintf("refresh-%d", v.issued),
		"token_type": "Bearer", "expires_in": int(v.life.Seconds()), "scope": "contacts.readonly contacts.write oauth.write",
		"userType": v.userType, "companyId": companyID, "userId": "u1", "refreshTokenId": "r1",
	}
	if v.userType == string(oauth.UserTypeLocation) {
		answer["locationId"] = locationID
	}
	v.grants[fmt.Sprintf("refresh-%d", v.issued)] = &grant{}
	v.access[fmt.Sprintf("access-%d", v.issued)] = true
	return answer
}

func (v *vendor) locationToken(r *http.Request) (int, map[string]any) {
	bearer := r.Header.Get("Authorization")
	switch {
	case r.Header.Get("Version") != "2021-07-28":
		return 401, map[string]any{"statusCode": 401, "message": "version header was not found."}
	case len(bearer) < 7 || !v.access[bearer[7:]]:
		return 401, map[string]any{"statusCode": 401, "message": "Invalid JWT"}
	case r.PostForm.Get("companyId") != companyID || r.PostForm.Get("locationId") == "":
		return 400, map[string]any{"statusCode": 400, "message": []string{"companyId and locationId, please"}}
	}
	v.issued++
	token := fmt.Sprintf("location-access-%d", v.issued)
	v.access[token] = true
	return 201, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(v.life.Seconds()), "scope": "contacts.readonly",
		"userType": "Location", "companyId": companyID, "locationId": r.PostForm.Get("locationId"), "userId": "u1",
	}
}

// install stores a new installation's credential that ends after left.
func (v *vendor) install(t testing.TB, store oauth.TokenStore, left time.Duration) {
	t.Helper()
	v.mu.Lock()
	answer := v.pair()
	v.mu.Unlock()
	credential := oauth.Credential{
		AccessToken: oauth.NewSecret(fmt.Sprint(answer["access_token"])), RefreshToken: oauth.NewSecret(fmt.Sprint(answer["refresh_token"])),
		IssuedAt: time.Now().Add(left - v.life), Expiry: time.Now().Add(left), UserType: oauth.UserType(v.userType), CompanyID: companyID,
	}
	if v.userType == string(oauth.UserTypeLocation) {
		credential.LocationID = locationID
	}
	if err := oauth.Save(t.Context(), store, credential); err != nil {
		t.Fatal(err)
	}
}

// accepts tells whether a refresh with token would succeed now.
func (v *vendor) accepts(token string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.grants[token]
	return g != nil && (g.answer == nil || time.Since(g.usedAt) < v.grace)
}

// counts returns how many requests came to /oauth/token, how many refresh tokens were used, and how many location tokens made.
func (v *vendor) counts() (requests, rotations, mints int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.requests), v.rotations, v.mints
}

func (v *vendor) faults() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.violations)
}

// kill makes the API refuse an access token.
func (v *vendor) kill(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.access, token)
}

// revoke makes the API refuse all tokens so far.
func (v *vendor) revoke() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.access)
	clear(v.grants)
}

// inMemory is a transport without a network, for synctest: the handler runs in the caller's goroutine.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	m.ServeHTTP(recorder, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	resp := recorder.Result()
	resp.Request = req
	return resp, nil
}

// config is that of an app whose requests the handler answers.
func config(handler http.Handler) oauth.Config {
	return oauth.Config{
		ClientID: clientID, ClientSecret: oauth.NewSecret(clientSecret), RedirectURL: redirectURL,
		Scopes: []string{"contacts.readonly", "contacts.write"}, HTTPClient: &http.Client{Transport: inMemory{handler}},
	}
}

func newApp(t testing.TB, config oauth.Config) *oauth.App {
	t.Helper()
	app, err := oauth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// hang answers when the one who asks has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// respond answers with status and body.
func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func mustToken(ctx context.Context, t testing.TB, source interface {
	Token(ctx context.Context) (string, error)
},
) string {
	t.Helper()
	token, err := source.Token(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
