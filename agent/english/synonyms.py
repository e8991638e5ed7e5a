"""Groups of general English words that may stand for each other when a question names a column or table.

A line is a group. The first relation is symmetric: any word may stand for any other of its line.
"""

from __future__ import annotations

from functools import lru_cache

from .inflection import lemma

_GROUPS = """
salary wage pay earnings income compensation
price cost fee charge expense
cost expense spending
revenue sales turnover earnings income proceeds
amount sum total value
quantity number count amount
quantity unit piece
weigh weight
number count
name title
name called label
title heading
id identifier code key
code abbreviation
phone telephone cellphone mobile
email mail
address location residence
location place site venue position
city town municipality
country nation
nationality citizenship nation country
state province
region area district zone
area size extent
size capacity dimension
county district
street road
zip postcode postal
job occupation profession work
job position role post
employee staff worker personnel
employer company
manager boss supervisor head leader
head leader chief
president leader chairman
company firm business corporation enterprise
company manufacturer brand maker
manufacturer maker producer
brand make
customer client buyer purchaser shopper
buyer purchaser
seller vendor supplier merchant
supplier provider
shop store
store market
branch office
product item good merchandise article
item thing
order purchase
buy purchase order
sale sell
student pupil
teacher instructor professor tutor lecturer
faculty professor teacher
course class subject
class classroom
school university college institution
university college
department division unit
grade score mark
score point
result outcome
rank ranking position place standing
rating star score
rate rating score
review comment feedback
member membership participant
participant attendee
user person account
person people individual
human person
man male
woman female
sex gender
spouse wife husband partner
child kid
friend buddy
relative relationship
author writer
write author
book publication
paper article publication
magazine journal
newspaper press
publisher press
movie film
film picture
actor performer cast star
actress actor
director filmmaker
singer musician artist vocalist
artist painter
song track music
album record
band group
genre category style type kind
type kind category sort class
category class
kind style
concert show performance gig
show program programme
performance play
stadium arena venue
event occasion
game match
match competition contest tournament
competition contest tournament event
team club squad
club society
player athlete
coach trainer
season year
race competition
car vehicle automobile auto
vehicle transport
driver chauffeur
engine motor
flight plane
airplane plane aircraft
airline carrier
airport airfield
train railway
station stop
route path way
trip journey travel
departure leave depart origin
arrival arrive destination
origin source
destination target
source origin
ship boat vessel
distance length mileage
length duration
duration length runtime time period
time hour
date day time
year date
month date
begin start
start open begin establish
end finish close
finish complete
open found establish
found establish create build
establish build create construct
built construct
create make establish
creation establishment founding
creation create
close shut
birth born birthday
birthday birthdate
death die dead
age old
height tall elevation altitude
elevation altitude height
weight heavy
width wide
depth deep
speed fast velocity
population inhabitant resident people
resident inhabitant live
live reside residence
lake pond
mountain peak hill
river stream
island isle
language tongue
religion faith
doctor physician
patient sick
hospital clinic
nurse caregiver
medicine drug medication
drug medicine
disease illness sickness
treatment therapy procedure
appointment visit meeting
visit visitor
meeting session
room chamber
hotel inn lodging
reservation booking
reserve book
guest visitor
apartment flat unit
building house
house home
home residence
floor level
level grade
owner possess hold
own possess
possess have
pet animal
animal creature
dog canine
cat feline
breed species
food dish meal
dish food
restaurant diner eatery
cuisine food
wine beverage
grape wine
ingredient component
part component
component element
device equipment machine
equipment machine
tool instrument
instrument tool
software program application
application app program
website site
document file paper
file document
template form
description detail information info
detail information info
information data
note remark comment
comment remark
status state condition
condition state
policy insurance
claim request
payment pay transaction
transaction transfer payment
account balance
balance money
loan credit debt
credit loan
debt loan
bill invoice
invoice bill
tax duty
budget fund
fund money
profit gain
share percentage proportion
percentage percent rate ratio proportion
rate ratio
ratio proportion
stock inventory
asset property
property estate
estate property
contract agreement
project program
research study
study research major
major field
degree qualification
field domain area
domain field
party group
candidate contender nominee
election vote
vote ballot
voter elector
representative delegate
political party
law rule
crime offence
victim casualty
killed dead death casualty
injured hurt wounded
injury hurt wound
attack assault
war battle
battle fight
soldier troop
weather climate
temperature heat
rain precipitation
wind breeze
color colour
shape form
image picture photo
photo picture
video clip
channel station
broadcast air
series show
episode show
award prize honor
prize award
medal award
winner champion victor
win winner victory
victory win
loss lose defeat
loser lose
goal score
appearance appear
attendance attend audience
audience attendance viewer
attend attendance
enroll enrollment register
register registration
registration register
hire employ
employ work
work serve
serve work
join enter
supervise manage
manage run
advise advisor
advisor adviser counselor
assign allot
assignment task
task job
skill ability
certificate license
license permit
experience tenure
hometown origin
wealth rich money fortune
nickname alias
surname family last
forename given first
first given forename
last family surname
middle second
gpa grade
code symbol
version edition
edition issue
issue problem
problem issue fault
fault error
error mistake
maximum max highest
minimum min lowest
average avg mean
capacity seat
seat capacity
customer user
tweet post
follower fan
follow follower
reviewer critic rater
critic reviewer
sponsor donor
donor giver donate
donation gift
gift present
museum gallery
exhibition exhibit show
theme topic subject
topic subject
subject topic
keyword term
conference workshop meeting
journalist reporter
editor redactor
chef cook
sort order
headquarter headquarters base
base headquarters
industry sector business
sector industry
market trade
trade commerce
consumption use
use usage
production produce output
produce manufacture make
manufacture make
supply provide
provide offer
offer provide
deliver delivery ship
delivery shipment
shipment delivery ship
receipt bill
discount reduction
tip gratuity
currency money
bank lender
customer borrower
trainer coach
gymnast athlete
swimmer athlete
runner athlete
stage phase step
phase stage
level stage
round stage
venue place
crew team
entrepreneur founder
founder found
investor backer
investment invest
participate participation
compete competition
nominate nomination
nomination nominate
direct director
teach teacher instructor
graduate graduation
mail post letter
letter mail
parent father mother
dad father
mom mother
"""


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for line in _GROUPS.strip().splitlines():
        words = [lemma(word) for word in line.split()]
        for word in words:
            table.setdefault(word, set()).update(other for other in words if other != word)
    return {word: frozenset(others) for word, others in table.items()}


def synonyms(word: str) -> frozenset[str]:
    """Words that may stand for `word` (a lemma)."""
    return _table().get(word, frozenset())


def known_words() -> frozenset[str]:
    """Every word of the table: a small vocabulary of nouns that databases are about."""
    return frozenset(_table())


_PLACES = """
american:usa,united states,us,america,united states of america british:uk,united kingdom,britain,great britain
english:england french:france german:germany italian:italy spanish:spain dutch:netherlands,holland
belgian:belgium swiss:switzerland austrian:austria polish:poland russian:russia,russian federation
chinese:china japanese:japan korean:korea,south korea indian:india australian:australia canadian:canada
mexican:mexico brazilian:brazil argentine:argentina argentinian:argentina chilean:chile colombian:colombia
peruvian:peru cuban:cuba irish:ireland scottish:scotland welsh:wales swedish:sweden norwegian:norway
danish:denmark finnish:finland icelandic:iceland greek:greece turkish:turkey egyptian:egypt
nigerian:nigeria kenyan:kenya ethiopian:ethiopia moroccan:morocco israeli:israel iranian:iran iraqi:iraq
pakistani:pakistan bangladeshi:bangladesh thai:thailand vietnamese:vietnam indonesian:indonesia
malaysian:malaysia filipino:philippines singaporean:singapore portuguese:portugal hungarian:hungary
czech:czech republic romanian:romania bulgarian:bulgaria serbian:serbia croatian:croatia ukrainian:ukraine
european:europe asian:asia african:africa usa:us,united states,america us:usa,united states uk:united kingdom
america:usa,united states
"""


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, ...]]:
    pairs: dict[str, tuple[str, ...]] = {}
    for entry in " ".join(_PLACES.split("\n")).replace(",united ", ",united_").split(" "):
        if ":" in entry:
            adjective, names = entry.split(":")
            pairs[adjective] = tuple(name.replace("_", " ") for name in names.split(","))
            last = adjective
        elif entry and pairs:
            *head, final = pairs[last]
            pairs[last] = (*head, *f"{final} {entry}".split(","))
    return pairs


def place_names(word: str) -> tuple[str, ...]:
    """Countries and continents an adjective or short name stands for: `french` -> (`france`,)."""
    return _places().get(word, ())


FLAGS: dict[str, tuple[str, ...]] = {
    "female": ("f", "woman", "women", "girl"),
    "male": ("m", "man", "men", "boy"),
    "females": ("f", "female", "woman"),
    "males": ("m", "male", "man"),
    "woman": ("f", "female"),
    "man": ("m", "male"),
    "women": ("f", "female"),
    "men": ("m", "male"),
    "girls": ("f", "female"),
    "boys": ("m", "male"),
    "true": ("t", "yes", "1"),
    "false": ("f", "no", "0"),
    "yes": ("y", "true", "t"),
    "no": ("n", "false"),
}
"""Codes that data uses for a few everyday words."""
