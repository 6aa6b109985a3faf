/** 6000 English words, the most frequent first. Written by training/word-list.ts. */
export const ENGLISH_WORDS = `
the a to in of and how for is that are what you on can with i or as an if it from be write have your my use
do by this such when any about include information other who should using not me return code get function
their some only does dont its at make has would also which where people create up new was will system did
they many number help into these like them time may but need one more suffix preamble there all without
first take symptoms away out list data based each script used most through could provide given following
find name program while someone file two world python so security specific string much than input often
generate human been best want way before give no between then we explain takes set avoid during access being
describe after against key type over card work returns syndrome know different well life user social our
disease here language account main ensure just public might example tell imagine javascript java look
including however implements both why online process address check common long see please change money cause
go youre called sure condition his personal result role body important method start steps ways signs own
potential prevent value were individuals keep person available control play character good support patients
understanding others us high content even int log found network team day develop city come message unique
known made medical making year am blocking water history risk health various consider secure usually
possible within implement share understand group methods traffic certain three treatment open show getting
car terms home he text numbers post includes recommend practices users print causes media off sensitive
around form shell try commit down feel blood class creating current object protect systems every words lead
small those array earth guide her next suspicious back communication order library now right table cancer
several remember always application below children instructions place techniques update end features same
think physical call database email real https id family non experience another identify whether provides
directory location seen age changes hate involves case credit design part identity last light add because
become buy instead local promote state strong associated child fake output significant bank steal
unauthorized food plan played treatments cases types reduce energy error had let research technology total
able attacks must states web ai dictionary financial power say def self space too behavior focus standard
build private service united allow mechanism approach files phone remove attack block else top necessary
response someones step care put across environment handle knowledge learn line read size multiple software
story taking ask something tools follow path word details owasp advice offer values date password functions
txt old source activity ancient impact improve creates detection hello request speech tips better business
console run she spread whats clear effective general model factors looking characters company level analysis
caught development stay writing video yourself fraud going legal true complex pain present side strategies
together uses young com integer large management once problems working amount done elements future safe
suggest cant per sometimes std activities deep due heart individual maintain resources society years second
services area great issues length live needs safety short store very face low website caused national
positive sum app events natural professional report typically under command community early less php skin
summarise accounts addresses affected computer false malicious related sources test autosomal loss symptom
times ability actions days definitions harm hours increase needed central choose detailed exploit heres
provided rather respect specified still upon further game importance points range simple situation advanced
context crimes diagnose growth inherited perform rare settings api discovered doctor full cannot contact
developer engage government sexual american pay product among building devices likely point server similar
drugs europe finally job learning sign violence wrote conditions damage effects examples having iostream
occurs series affect phenotype reads term things women authentication challenges essential famous free
located monitoring ontology options threats trafficking air groups regular structure containing cout event
factorial appropriate art cost encourage novel red required trust worth additionally const cultural few
integers medlineplus modern negative sense setting cell crucial humans letter mexico surgery today
approximate connection device lines living occur review accept balance break leading manipulate normal
privacy protection third alien allows bash factor friend law materials movie stop additional algorithm gain
listen means music never project bomb calculates cells friends major measures monitor party period sell
treated youve book combination contains correct country eye healthy left manual pressure require respectful
rules target areas behind black messages named past primary really school tests vulnerabilities created
document severe url war weight africa causing count drive gender helps kind love machine transfer trying
unknown action comes daily doesnt problem rate single updates america designed eat especially experiences
feature historical ive lost lower makes news potentially purpose questions send travel argument arguments
house json memory phishing question static allowing direct double enable infection involved latest mental
conversation detect driving drug ensuring inside market regularly running snippet south treat act answer
built culture determine disorder emotions endl establish everyone express hand illegal plant proper random
renowned scheme training verify calculate diverse ever head john limit man persons search status clinical
european feelings members political shared since song stand works applications average complete considered
education exchange legitimate note particular popular quality sentence special view checks drink enter gene
half intelligence international original planet thoughts white anyone attempts australia begin cold
disorders entry extra inheritance layer passwords properties requests results seek until color consequences
depending difficult enough expert http linux move page powerful produce recent rest select vary voice bin
concept film format hour ideas patterns platforms speak successful trusted adult brain contain documents
laws perspective sql therapy york checking configuration directly external position query recruit species
tax void along believe critical discuss hidden nature parts plays representing sex site study style threat
already apple article blocked echo either hack levels manner match payment practice skills communicate dear
dog element field generally inclusive injection led names speed turn benefits birth dominant emails
encryption everything evidence eyes filter increased journey kidney muscle population recessive remote
science stress talk taxes towards track concerns cover creative description easily efficient engaging idea
listening malware policy reach record routine updated week bad blue close dangerous gas got hands libraries
mix night objects oil ones overall plants providing sample woman animals big cards client developing digital
feeling hard issue maintaining map outline paying presence risks surface via abuse apply blog diabetes
discussing existing harmful influence internet magical piece planning quickly sun tutorial valid watch won
anything asia etc frequency import items num serious significance strings studies taken throughout
algorithms attempt basic fictional forms heat join mars mind module org organizations records reverse
scientific sharing statements success tree attention contents emotional finding four goal goals guidance
historian install parameter phrases price prints production race testing alert collected defense explicit
hair mission older policies port promoting provider replace rust sets universe abnormality although bone
calls comments diseases economic errors execute exercise fix force genetic giving global invented property
requires section abnormal analyze chronic educate final him hold immediately india keys kidnap later
networks products respond sea statement stereotypes sustainable windows cash default effectively failure
fear images indicating infections itself least leave mobile mutations pattern president purposes quick
students technical train updating websites active advancements appears cautious center challenge crime death
empathy enhance html legally login mean modules organization peace save secret seems solution stories
strategy teach tool transportation trials twice usage visiting waste attacker books choice cut diet easy
educational launder meaning minutes programming receive recognize rights significantly title transaction
weather carefully chapter companies connect display environmental fire gather green ground grow hot interest
investment limited men relationship relationships room rule season solutions star starting storage strength
trade variety allowed became beliefs billionaire effect exact instance isnt matter middle offers reasons
responsible solar task theft variable virtual wrong yet above animal aware bodies careful century clean
contribute doing eating girl identifying image link little near neutral operating paper performance
processes profile prompt properly relevant religion rich scene seeking thought underlying version virus
visit youll addressing click colors countries ddos dialogue experts higher hpo income lives movement predict
prevention println shows station stolen thats themselves validation vector whole authorities background
boundaries consent continue convert define discrimination emergency fibonacci longer medications operations
particularly platform resource seem sheet starts subject syntax terrorist tissue warm wide affects appear
apps asked aspects audience childhood congenital creatures cross differences discovery entire facial far
highly office outside retrieve road roles studying victims vulnerable walk anxiety appearance calm chance
characteristics copy cup developed difference doctors engine enjoy evade feet foot friendly generates gets
goes handling insurance manage moment outcome started transactions wear accurate atmosphere baby base
becoming characterized climate conflict connections copies creation cure dark deficiency expected explore
figure google ice infrastructure initial instagram land london notes parameters pass permissions press spend
temperature theyre tiktok weakness window written www according asking astronaut awareness bought bring
chest csv detail experienced focusing implications king minimize months progress pull release reports san
stores structures tasks theory theres visual abilities adapt adults anti args battle bill browser changed
corporate customer decide diagnosed disability eastern emphasize engineering exist fellow five guidelines
hearing hide immune languages logs option prepared protein regarding reliable remain reputable stored
student thinking throw assist assistance becomes carry cars communities components diagnosis distribute
enforcement exploration fun generated hash held humanity impairment incoming involve lastly maximum minimum
net opportunities otherwise packets paris prioritize rise sent sequence session sleep tactics temporary
thank though translate unusual vast achieve again artificial boolean combined coming commonly considering
delete detected earths fall games height informed interactions island lets letters member nervous node null
organs patient prepare programs progressive promotes reducing speaking stock trading traditional unless
vision wants acts alerts arr avoiding behaviors canada conversations counts credentials employees english
fields fight filename flight fluid ingredients invent kingdom largest medicine nations opening plot pointer
posts radiation recommended technological teeth took topic wind accepts addition alone binary char companys
cooperation crew download draft ethical expression fascinating french hope institute internal links listed
marketing myself oxygen parents peaceful predefined received reference reset ring roman severity str sub
super town urine wont academic assume breaking changing cool course criminal currently department depression
despite discover distance england equipment exactly filled finds habits injury manager matches mild muscles
official orientation patch percentage playing police poor principles protecting region religious rental
roleplay selling separate shape situations specifically summary token validate verification weeks
authorization breathing captain cloud costs deeper depth dragon encounter encyclopedia equal existence fill
foster fuel greater happen hear host household indicate insights lack logging lung mass military month
morning mother mouth opinion prime published remaining sites sound split spot stone trouble unity useful
wait western wisdom acute automatically benefit brief challenging charge cheat connected consult decisions
equality exit firewall forward illegally index industry institutions interests involving liver lot mindful
north orphanet ponzi psychological purchase recovery root score secrets shopping slow slowly soft spaces
specify stomach symbol university username variables youtube acknowledge adding beauty beyond bones born
capture childs comment copyright creature cultures deal demonstrate didnt documentation explaining fantasy
fast flow goods highlight hypothetically included joint locations martian mechanisms offering operation
organ player poem recently resulting said socket specializing supply themes tone traveler ultimately
vulnerability whose alice alternative anemia clearly controls depends distant diversity electric empire
encrypted exposure findings fit flag frequently futuristic gun increasing interested interface invention
jokes late legs lock modify okay outputs park permission picture reading reason refer renewable schedule
square textbook vehicle wikipedia worlds actively agent arms assumptions beautiful caribbean construct
delicate dollars domain encourages execution expressions extract fact families fee genuine greek ill insider
intellectual kill leaves linked liquid locate max medicines miles models namespace navigate nuclear obtain
ocean origin pages paid passed physically primarily remains reputation shop societal stage stroke supportive
supports tokens utilize vibrant weak went xml abnormalities adds advantage alcohol anomaly architecture
attackers attempting bacteria began bit brown capabilities cast civilization collect committing consistent
constructive die door dysplasia engineer extension facts fair fever formal frameworks fraudulent fully hint
intent jane justice justify keeping male march meet meeting milk onset preventing previously pyramid ready
reported representation represents responses reverses river scale serves sort sounds substances successfully
touch tumors typical views volume adjust allocate artifact button celebrate charged compare comprehensive
counter custom decision diarrhea domestic dry ethnic filmed frame genes groundbreaking harmony header
intended lawyer license lists looks material movies multi neurological plans powers prefer pregnancy
previous procedures profit providers racial rely saying served shaped showing sports spray subprocess
suggests survival symbols teacher thus vessels wall wealth win winter ages beat boss breast british came
claim classes coffee collection column conduct continuous contributions court cutting dealing disable
efforts episode exam formed front functionality graphic happens identified landscape layers lose maintenance
mutation nerve nih notice observe painting perfect places poison pretend projects rates realm regardless
rough solve soon specialized spreads staff stars stream talking toxic unable urban urinary walking wary
accessing achievements african antivirus breath calories capital charles coin conflicts correctly
corresponding danger dead defined disabled dose equivalent era familial feedback gravity infected introduce
larger len lungs math neck offensive outlook partner peoples planets principle prostate push rapid reality
recursion remarkable requirements resolution row safely smuggle tall technique valuable vehicles vinci
warning widely actually analyzing assets bob bridge channel china citizens cord counterfeit craft curiosity
cybersecurity enabling established estate explicitly faced fine foundation framework funds furthermore girls
heard heavy humor identification immediate implementing incorporate interaction invest james linkedin
missing modifying moon none numerous overview parent pdf preferences rain researchers restrictions saharan
scams shift spinal spreading subtle suggestions switch teams technologies unexpected videos vpn weapons
width yes added affecting aggressive appreciate assault authority banana bladder businesses bypass carbon
catch chain channels circle cities cognitive completely confirm customers defend descriptions displays
estimate exposed facebook failed federal fighting followed foods foreign fostering funny generation gift
gold golden gone hacking helpful hypoplasia implementation inflammatory investments kinds limits
manipulation master medieval motion motor movements northern observations observing opportunity orange
outcomes participate protocol publicly raise reaching recover reduced reviews salt sang scam sending serve
shown smell stealing supporting theme toronto transport tumor upload utilizing village visa weapon
accessible asks battery calling chemicals chemotherapy collaboration computers core cream curious decrease
deposit difficulty dollar drinking dystrophy earn economy election embrace encouraging escape facing fatigue
fish formation frequent generations gods growing indian inflammation innovation interact intricate joke
kidneys knowing leader lord mark matrix measure mutual narrative newly owner pet plate pollution potion
processing protocols queen receiving referring reflect released respiratory reveal rob scan scientist
secretly signal signature six skeletal subjects tension tesla threatening tourist treating uk vacation
vowels xss advocate alternatives bar beings board briefly chemical college complexity declined dedicated
demonstrates described distinct distribution egyptian empty esteemed experiencing exploring faster france
harassment helping identities instruct item longest loop meal normally odd ongoing overcome paste
perspectives placed polite polynesia prices replacement retrieves salary simply smart smuggling southern
suicide television terminate tom topics tract transmission truly turning vital willing wise zero absolutely
agreement alarm amazon approximately association benign biggest bodys bonds bowel choices claims columns
complications component construction convey cryptographic cycle dinner dirty disabilities edge employ
episodes essence examine executes expertise fetch focused forces happy healthcare hospital influenced inputs
labor leads mary mode mysterious observed oral package parties periods peter photos pin pool pounds probably
propose prove putting quite regulations resolve rome sales scripts shoplift sorted spirit stability stages
stature tired tracking traveling advise ago align answers approaches atrophy begins cancel capable carcinoma
certificate civilizations closely completed confidence convince deeply delay developers dish dogs drops ear
elses environments ethnicity executed exists fails filters forest francisco habitat hijack hole homemade
identifier improving info interesting investing leonardo lies lifestyle load loads loan locked logic
modified murder optional paint performs physics pieces preferred procedure protected pulmonary recognition
referred reporting resilience respectfully restaurant revolution robot savings scientists screen securing
sharp sides sings smoking spell strengths strive surgical suspected tech treasure trip unsure vs walls wars
workplace abdomen accidentally advantages append attribute autoimmune beneficial box breaks budget butter
caesar cairo cat checked civil codes comfortable commands compose compromise controlled crisis cups delayed
derogatory desire easier egypt establishing extensive extraterrestrial extreme fat female fingers functional
george imaging immense injuries integrity introduced julius kids leaving lgbtq memo minute moving
occurrences percent prejudice proteins raping reader references retirement shall smaller soil spending
struggling thread tissues tls trees unit universal urls whenever widespread wizard acid advisor ahead artist
author authorized bag banks basketball beginning brought buffer campaign career charges chosen clients
concise confidential debt decline degrees destination digestive disaster docs driven efficiency entity
eventually explanation facilitate fail feels focuses greatly inspired knight machines magic medium meetings
meth micronesia microwave native nausea objective onto pair players possession professionals prompts races
reaction reactions recognizing removed represent rock schools seconds securely sends servers shoes sick
skilled sky spanish summer survive targeted targets taste ten tested thin thrones tomorrow weaknesses
witness workers acceptance accepted administration aspect atomic auto banking bed belief bleach boost bot
chicago chinese christmas club contributed cook creativity dance defects definition determination diplomatic
discomfort discussions disney dynamically ears effort electricity encoding entering forums fruit gave
gentlemen gland god harry hazardous hey highest holiday hotel ideal impacts incident inspiration inspiring
italy japan ladies lasting leaders leak leaked losing mention migrants misinformation mistakes muscular
nation possess proof protective queries ride runs scheduled signed sleeping sold solving standing stranger
street strict sugar suitable sunlight tears thrive tiny truth understood union unlock upper usual var verbal
zealand acceptable ad alerting almost annual anonymous arts assess attributes backup broad callback
characteristic cleaner comply constantly cookie couple depend detective directories discoveries discussed
doors drivers drm dynamic dynamics eco employee encountered encrypt erotic excessive expressing falling
fifty finger fly fox fresh fund guinea hacked headers infants innovative insert inspire integrated
integration interstellar jobs literature majority marine markets melbourne menu met michael microsoft mount
mythical nasal naturally nodes noticed ordered orders paragraph parse parses passion paths powered practical
privilege pro proud purchased radius ransomware reception recommendations relieve removing represented
revealing rio roll samples scenarios seizures sexually ship silver sister slang slightly spain stronger
struct struggle suit surrounding surveillance sydney thomas told tourists trial tried tube turns underwater
varies violent vomiting washington wife wire aboard accordingly actual administrator afford aim assistant
authoritative ball band bear believed biological bleeding blend blocks botanist browsers burning calendar
celestial chief cholesterol circumstances closed communications compelling compromised conducting conference
consists cooking copyrighted coronary customs damaged decides decreased disrupt draw drop electrical
electronic empathetic essay excitement exploited extremely feed figures finish forget gained galaxy gives
happened hawaii healing holds homes implemented improved increases incredible indicates indigenous keeps
launch lay limitations managed manipulating medication mixture modification nose nurse organize panic papua
personalized politician pop pornography possibly potter pre pregnant printf prominent raw refund regions
relations relative reproduce returning rings route rows safest seeing setup shares shot sight sir spaceship
spent sudden supported tap texas thing trained transform transgender trick tumblr varying viral viruses
wanted welcome wireless yellow accessed accident achieved actor agencies aid aids anatomy antibiotics
aplasia applicable architect arrived assessment atm avoided balanced behavioral bird breakfast bright
brother citys communicating compared contributing crack criteria databases dataset debate dedication
deepfake deliver determined distal distinctive distributing divide dreams dump eggs enchanted ended endpoint
entertainment esteem ex fan florida football fusion generator gently ghost girlfriend grand greetings
hepatitis hit honor industries inhabitants inner innovations intentions introduction iron istanbul jim label
mail mask mechanic mentioned metal million mitre mountain nothing obvious passes patches pending
periodically persuasive pick plastic precise preparing prevents produced profound publish raising
recursively refers repair requiring resistance responsibly restricted robert saved sci scope selection
sentences separated showcasing smoke solid spare spine stable standards stem stick strategic struggles stuff
submit sweet texture therefore thick tolerance unnecessary upcoming wild william wish worked worried aimed
amounts anime approved army arson birds bombing borrow burn california candidate candy centuries chaos
choosing clothing clouds commons composed conservation contacts contract courage currency david decided
defeat defenses delhi delivery distress distributed docker doubt ecosystems elderly emma enhancing
escalation ethics evasion exception exercises expensive experiments extracts familiar fees fiction flat
floor flying follows forgot fruits fundamental gathering glass glow gradually greatest guy handles
improvement initializes invalid islands isolated japanese joints lazy legacy lighting lisa massive
mathematical maximize mobility moral moreover museum nerves nice ninds norms occurred olympics outdated
painful palsy passing payments performing perpetuate pets photo pictures portion preserving printing prior
produces prognosis quantity randomly receives removal replaced repository responsibility restore reversed
revolutionized round saves saving scenes seeks sessions sizes skill skip slurs societies spacecraft
specifications steals storing strange structured supplies swallowing swelling tale tires toward tower
traditions vegetables verified victim weigh wildlife abdominal acquired advertisement agents agree
appreciation arbitrary arrays articles attachments audio authentic backgrounds bacterial beneath bike biopsy
border borders brand brazil cable camera cameras carries certainly chase chicken chocolate church cigarette
coach coat collaborate commercial competition concepts confusion consume container corner countless
defensive degree dense designing developmental differently duration earlier east emit emphasizing ends
enforce engagement entities evaluation evolve except exceptions felt filtering flip flowers folder forgotten
garden gay gloves grams grant headache honey hormones hurt hypothetical imply industrial inform intense
interpretation isolation italian jack jump kindness knife landing landlord limb linguistic locally magnetic
maps marie meals meat millions minimal mistake monday narrow obesity october opt overwhelmed panels
performed personality phones phrase pirated plus presentation pride producing progression quotes reasoning
recipe regain reign requesting responding returned ruleset rumors shes showcase sophisticated spring stocks
stuck subtly sufficient suspect taylor tea telescope tend texts theoretical tooth torrent traits transit
transition transparency twitter untrusted versions victory waiting west wheel withdrawal wonder acting ah
album ambassador americans april arthritis artistic assassination australian awe bias bioluminescent bitcoin
bytes category centers cerebral chromosome classic combat compliance comprehension config configure
consumption contributes cookies credential criticism damaging defect deletion demand dental describing
desired develops disabling disclosure discussion division dust dysfunction editor educated eight emotionally
enabled enemy enlarged escalate exciting expect expenses fashion favorite fiji freedom garage generating
generic germany giant github glands grants hateful hi hire hiv holding horse identical ignore inches
inequality insecure insight installed instances instructs intake janeiro july june knock leadership lesions
licence lived lymph lymphoma marked melanesia mfa mine narratives neural notify objectives operate organized
packages partial perhaps personnel phenomenon pirate pound productivity pulled realistic recorded recording
rectangle recurrent recursive reflection reinforce reminder removes renal rent romeo rotate royal saw says
scent schemes scholars screening shadow shoplifting smartphone soap stack stdio steer stones straight
suggesting summarize supposed systemic tailor temperatures template tennis therapies timing tour trans
transmitted tricks trigger unsolicited urgency validates verbatim visible visitors wiki worldwide writes
zone absence afraid agency antibodies applied arent arise arm arrested artifacts attract authenticity await
barriers billion bills birthday bite bottom boys builds bus capacity cape categories celebrity ceo chances
chat cheese cin claiming comic comparison composition consistently constant constitution constructor
consumed contrast controlling coordinates cope corrected cyber denial deployment describes designated
destruction dialysis digits direction discriminate disk disposable dream dumping efficiently elections
emissions emphasizes employers evaluate executable expand exploitation extraordinary fabric father finished
fitness flavor float ford forests forge forming freeze german granting guarantee guess guest hacker harass
hardware heal himself hygiene hypotonia inclusion incontinence independence independent informative inject
insulin intestine inventor investors jsonplaceholder judge labels learned limbs logo lots mac males
malformation malignant managing matching mate metabolic minor minority misleading mitigate mixed mock
modeling moments motivation muslims nail nikola notation notifications nums nutrition observation obtained
officer organizing ounces outlet owners palate particles pension persistent phase plane plug pneumonia
positivity profiles propaganda proposed pursue pushing radio reached redirect register relax remarks remind
renaissance repeated reservation resonate robust ruby safeguard sale sarah scripting secured sensorineural
serum singing son sorry sport stereotype storytelling strain substance tags tasked temporarily tensions toes
tokyo tongue tradition trauma trends typicode undermine unsafe vessel wake wanna waves abusing accuracy
accurately allegations alleviate allocated allocation altered apart appeal applying ascending assembly
assign ataxia ate audit automation banned basis bath beware biases branch breathe bugs buildings busy buying
calcium candidates cardiovascular caution celsius chef cockfighting colleagues comfort compassion compile
concern concerned configured confirmation congestion connecting connects contexts continent cryptocurrency
crystal cues debug deceive defines designer destroy destroyed determines diagnostic differ dioxide discord
disguise displaying dizziness dns dying effectiveness elaborate elizabeth employed employer employment
engaged equals escaping everyday exceptional expectations explains fahrenheit feeding flora folks fourth gcd
generalized gentle grade greenhouse grows harmonious harsh hatred havent hemolytic hereditary highlighting
highway historic historically housing iconic ids immigrants inadvertently inc incite incorporating
intelligent interconnected intervention investigation invisible iterate joseph juice juvenile layout lemon
leukemia liberty llm locks logical marketplace mesmerizing minerals minimizing minister moderate mona
mortgage mystery navigation nearby needle nigeria openai opens opinions pan participants patience phoenix
plain plasma poisoning politely positions practicing privileges priya propulsion prosperity prostitution rap
rarely readers reduction reflecting reflects relate repeat republic residents respecting revenue
revolutionary rewrite rid rival rosetta sam scenario sclerosis scotland senate september seven shakespeare
shakespeares shelter shooting shortness shower sincerely singer soda sodium speaker specifying spider
squares stir stops streams succeed suffering swift tailored tank teaching thriller throat thyroid tournament
treaty unfamiliar unhealthy upset urge util vampire vascular vertical wearing wells weve whom womens younger
yours accomplishments achieving acknowledging adequate admire advance agriculture alexander alignment allies
alpha alter apologize appetite arrive arteries asian aspiring assaulting att atypical auckland automated
availability award beach believable berlin bind biologist bits bloodstream bold boston bowl broken bully
buys byte captivating cervical championship cleft clicking clothes coding commerce commitment committed
compliments configuring connective considerate consideration considerations convincing coworker credibility
criminals css danlos debit defending delays democratic dietary difficulties digest dignity dimensions
directed director displayed disrupting divine django dragons drawing drinks ease ecosystem ehlers embark
embedded emphasis empower empowering encoded enigmatic everyones executive exploiting expose extended
factory falls fatal fathers fats fault fifa finance fixed floating flower followers frequencies friday fuels
generalizations gestures governance graffiti guessable headaches heliocentric helped hobbies holes hormone
hosting hyperplasia identifiers ignoring impaired impossible inch inclusivity incorrect initiate institution
insufficient investigate investor iss judgment juliet knew knowledgeable lab laser league lengths licensed
lift loaded loved lyrics manageable marvel maybe meaningful microcephaly misinterpreted mom mostly moved
moves mystical neighbors nine nude nutrients oldest oven overwhelming painted pancreas parking passage
passionate pelvic photosynthesis politics portfolio pose possibilities precision prednisone presented
proceed pto purely purple qualified racism rapidly ray rays react recipient recognized registration
relaxation relief repairs reporter requested respected rice routing rural scared selecting sender senior
sensation sensitivity sensory shoot signals sing sit smile smith smooth snow spells spots spyware sqrt
statistics stays stockholm streaming strengthen stretch suddenly surprise suspicion swim tag tail targeting
teachers terrain terrorism thorough thousands tickets timer tuesday turned twist units velocity venture vote
waking watching whos withdraw yield absolute activate adapting ads advertising agricultural aims allocates
alternating americas ammonia anonymously apples approached arrival artwork assuming attending august austen
authenticated automate baking barrier beans belong beta bile biometric blacklist blackmail blind boundary
boyfriend brakes bread browsing bubble buyer calculations campaigns canadian cancers captures cataract
chamber cherry closer clubs clues cocaine colleague collections colored combine combining comparing compute
conscious consuming continued continuously cricket critic crops crushed daniel darkness dating deer defining
density dependencies dependency detailing discreetly dishes divided documented downloads dubai elevated elon
encephalitis ending entirely equipped eval evening examination excited executing exhibit expansion explosive
extends extensions extracted faces facilities fargo fibrosis firm firstly flows forecast formats former
fossil fridge gastric governments grace gracefully grown hackers harmless harness hearted hearts hes
highlighted hosts humanitys husband hypertension improvements indeed indicator indicators initialize
innocent intentionally interrupting intolerance intriguing inventory involvement ireland jaundice joe
judgmental jumps kept keyword kingdoms knee knows korea laboratory landed largely leaks legends lifting
lights lit lithium loading locksmith logged los markers marriage marrow measured mechanics messaging mineral
mining mood mortality motivated motivations musk mutated mythology nearly nuanced objectinputstream
occasionally oceans officials organisms pack pairs pakistan peculiar peripheral pharmacist philosopher
plenty podcast posting presenting pretty pump qualities racist ran readable reasonable refuse regulate
relatable reliance religions restaurants restrict resulted retardation robbing roof rooted rotation runner
scanning seamlessly secondary seeds sentient shadows shaping shimmering ships shouldnt silent skies slide
soldiers somewhere sought soviet spam specializes ssl staging stands staying steam strike structural
surroundings sustainability sweden tables teaches theories thoroughly threshold throwing tijuana tip todays
tostring transfers undermines unicorn urgent verbally viewers visually vitamin vitamins wasnt wednesday
whitelisting wider witnessed wood worker writer zip accumulation acids acquire adaptations adapted adhere
admin adrenal afternoon aging albert alliances alongside amazing amyloidosis android angeles anonymity
anywhere apis apocalyptic appropriately approval archaeologist assure atresia attached attempted autonomy
backend batch bears belonging blade blame bool bound bout breach bridges britain brush bulb buttons cache
caffeine carried carrying charcot cidr ciphers citizen collaborative collective colony colorful comedy
compassionate compliment computes computing consumer consumers contemporary continues converting copper
corneal counting covers crafted crafting critically crowd crying cursor cyberbullying dancing dates deafness
deals deck degeneration dehydrogenase delivered demands distances dna dom dot drawn eats eavesdropping
electronics eliminate embracing enables encouragement ensures enzyme evolution excess exclusive explorer
extend falsely firearm firearms firmly flavors flexible fluctuations formatted founder functioning gaining
gang gastrointestinal gathered genders gps greece grew greys grocery guard hail happening harder hashed
hashing healthier heavily heritage hernia highlights honest hundred hypertelorism iii illness illnesses
impersonate impressions infancy infect infiltrate initiatives inspect instruments integrate intercept
interval introducing investigators issued journal lands lessons leverage lie lindqvist lining lip literary
loopholes losses loyalty lush mainly manually mates matlab matters meditation memorable mens metadata
mexican miami mimic multifaceted musical mutually mysql nair nap nba negotiate newest newton noble november
nth occurrence onions opened opposite optimize oranges owned pacific panel parallel penny permanent petals
photoshop picking pill pituitary pizza planned playlist populations ports posture preference premature
prescribed priority processed pronouns protest pursuit qualifications quantum quarters ranging rash realized
redirects refrain regional releases remedies repeating replicate req revolves risky rivers rooms router
routes sauce schema searches sector seed serving sexist sexuality sha shutil silence simultaneously
southeast spastic spelling spice spy steady stealth stopped stopping storm streets studied stuffing styles
subscription suffer susceptible swollen symphony talent tapestry taxed taxi terminology territory theyve
tight titles trace trains transformation transforming trap triangle triggers tuple turkey uber uncomfortable
uncover unfortunately unlike uremic usa usin utility vein vinegar virginia vivid votes warfare weakened
wedding whatsapp whitening wings wonderland wouldnt writeline yesterday accomplished achievement
acknowledges adorned advisable affirm affirming ahmed analytical ancestors angle appealing applies
appointment armed arraylist arrest artery artificially aside assigned assigning asthma attend attraction
automatic awards bags bangkok baseball bathroom bean ben blending botnet brake breakthrough brew bribe
brighter brings broader brute bug carrier carriers casting catastrophic cauldron cautiously celebrating
charity chats chemistry christopher chrome clarity classical classification clock closing closure cluster
colonization completing completion complexities compound compressed compromising concentration concerning
concrete confrontational consciousness constipation converts coordinate coral council courses covering crews
crown cryptography cuisine dallas dangers deductions deleted deletes delta des desires destructive detecting
devise dial digestion disconnect discovers discriminatory distinguish doe downloading doyle dramatic driver
drought earthquake edison edward elephant emerge emerging emperor employing endangered enemies equation
escalating eternal evident expanded expanding expiration explores explosives exposes extraction failures
faith familiarize farm fastest favor fell fer festival fewer fishing fluids foreach fortune forum
foundations fractures frozen fstream gate gear getline ghana glucose gonna gov granted greeting guests
guiding guys hargreaves hashimotos headphones hierarchy hip horizon houses hunger ifstream illustrate
impressive incidents incredibly independently indigestion influencers inherit insects inserting instability
intensive interior interstitial intrigued intrusion invaluable invasive involuntary issuer jackson jamaica
jason joining journalist keywords kid killed kit laid lake laparoscopic latin launching laundry leg
limitation lincoln linguist locking louis lunch mad maintained majesty mario marks martin mathematics meant
meets melanoma metabolism meticulously mile miller minded miss missions mistakenly misuse monthly morale
morphology mountains myopathy nails naked navigating neighbor neighbour neonatal normalize notable obtaining
occurring oh orbit outer ovarian overly owns panama parks parsing participating patent patrick patronizing
peer perceived perfectly periodic peritoneal physicians pilot pinterest pivotal plead pornographic
possibility powder predicting prefix presidential professor pushed puzzle raised rape rashid regulatory
resolved resonance restful revenge reviewing rewards richard rising roses rover rush sarcoma scoop
screenplay searching seasoned secluded selected sells sensors shoulder sincere skeptical smartphones spark
spoken steroids stool subdirectories substitute suggested suits superhero surrounded sushi sweat swimming
teamwork telling tells temple tenant timezone topped toyota trademark trail transparent traumatic troops
twilight unintended vaccine valued van vandalize vegas vigilant violates vocabulary von voting watson
whatever womans worse youd zones absent absorb abstract accent accessibility adaptation addressed adopt
adventure adviser aes affordable aggression aircraft airport alive altogether angry anthropologist apparent
archive arthur artists asp asset assignment astronomer async athens attacked attitudes austin aye backups
basics beautifully becker believes belongs bend bigger binding bites bond bottle brave breaches buildup
bullying burden burns cake camptodactyly canal cans carol casino castle centered certificates chair chairman
charat charities chess chew chloride christian classified cleaning coast coastal collecting colon
compression confident confrontation congress cons cop coping cosmic cosmos costa couldnt counsel counteract
county craniofacial crash creator creators crossed crystals currencies cuts dad deadlines dealer december
decipher deciphering declaration declare decode decrypted deepen deepfakes dentist dependent depressed
derived descriptive deserializes deter determining diary dig directions disposal dispose domains dos
drastically eagles earbuds earned eaten edges editing elected elif eligible embezzle emerged emotion
enchanting encountering endpoints engineers engines enlargement enters entries essentially ethereal
ethically evading evoke evolving exceed exec expedition explanations exploits fascinated february festivals
fetches fills fingerprint flags flash flexibility forced forth friendship galactic galileo gastritis glasses
glaucoma grammar grass gray greet grey guided hall hardcoded harnessing harvard hashes helplines
hepatocellular hills hips homophobic honolulu hook horror hosted humility icon immunodeficiency
inappropriate indirect induced infantile inflation influencing intensity intergalactic intermediate intimate
intimidate ips iris isaac iterates jam jean jordan joy judaism jumped killing kings kite kyphoscoliosis
lambda las laura lecture lighter likelihood loans loose luggage lunar macular magnificent manifest
manipulates manufacturer manufacturing mastercard masterpiece maverick mellitus michigan microgravity mid
min mistaken misunderstandings moderation modifications monumental morocco motivate mrs murdering myths
nationality negatively neglecting netflix netherlands networking nfl nickname nights nobel oak occupational
offense oklahoma onion operates operational optimal optimization overcoming overweight packet padlock
passport paycheck pediatric penalties penis percy phenomena photographs pins pipe politicians portal
positives pour precautions prescription preserve programmer pros protagonist protects provoking purchases
questioning rainforest ranges rapport ratio reaches recipients redemption reduces reflective reinforcement
reminders remotely render replaces representative representatives res rescue researcher resident resistant
respectively retail reversestring revolutionize rica robbery robin romantic rose routines russia safer saint
salad salivary scarring scoliosis seal seasons seattle secondly sections seemed seemingly senses shaming
shapes shots signatures signing sitting smallest snake solely songs soothing spectrum spiritual spleen
stanley steak steve straightforward striking strongly subjective submission suicidal supplements supreme
swifts symbolic synthesis tae temples testament theater threads todos toe toggle tomography tonight traffick
transcript translation transmit travels tremor triggering trunk tweet ultrasound underage underground
undermining unlocked unsuspecting unwanted urethra urination utilizes validated variations varied venus
verifying vietnam violating visibility voter walmart warmth wash wastes weaken weights wherever widow wifi
willingness winner wooden workout worsen worship ableton abusive accountant accusations ace actors ada
adjusting administrators adventurer advocacy adware affirmation affirmations afghanistan aged agile agreed
alan alex aligned aligns ally alternate aluminum analyst ankle anymore appearing appreciating apr arc arch
argue assert assessing assisted astronauts attorney attracted attractions auth autistic aviation babies
balancing bands barbados barcelona battlefield beast beatles beer bell beloved biodiversity birthdays bloom
bluetooth boxes boy broke brothers bustling bypassing caesars calculated calculating calmly capability
capturing cardiac cardiomyopathy cargo cats celebrated charging cheatsheetseries chill chills christianity
cigarettes circulation cited clause climbing clockwise closest coded coins columbia commenting commission
compares conducted cone confidentiality consist consisting constraints contacting continuing contribution
corrupt cough coughing counseling coverage covered covert credited crohns crossing cry cultivate customize
darker daughter deepest dehydrated delve demanding demeaning demeanor demonstrating demotic descent deserve
designs dessert dev developments deviation dictionaries died digit disagreement disasters discipline
discount discourse disinformation dispute disrespectful distinguished diving donations dots drama drives
drunk eager earnings egg eiffel einstein electrons elixir embodies emergencies emily emphasized encounters
endeavors endless entitled entrance epilepsy equally equitable err estimated evolved exercising expired
expires extracting facility faint faq fauna feasible featuring fed feeds fiber films finch flagged flame
fleet foolproof footage footprint forever
`;
